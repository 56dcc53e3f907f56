MSH|^~\&|HL7API|PKB|PAS|NORTHMOOR|20260310101501+0000||ACK^A28|PKB-20260310101501+0000|P|2.4
MSA|AR|adt-a28-two-emails-as-identifiers|Parsing or validation error: Only one email address may be provided as an identifier
