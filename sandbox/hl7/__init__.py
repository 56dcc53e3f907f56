"""The HL7 v2 API: ER7 messages inside SOAP 1.1, one acknowledgement for each."""
