MSH|^~\&|HL7API|PKB|PAS|NORTHMOOR|20260310101501+0000||ACK^A28|PKB-20260310101501+0000|P|2.4
MSA|AR|adt-a28-email-as-identifier|Parsing or validation error: Lookup single patient must be provided with at least one identifier
