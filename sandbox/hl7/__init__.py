"""The HL7 v2 API: ER7 messages inside a SOAP 1.1 envelope, each answered by one acknowledgement or query reply.

Source: HL7 Integration, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012127
"""
