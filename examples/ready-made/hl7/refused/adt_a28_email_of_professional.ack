MSH|^~\&|HL7API|PKB|PAS|NORTHMOOR|20260310101501+0000||ACK^A28|PKB-20260310101501+0000|P|2.4
MSA|AR|adt-a28-email-of-professional|Parsing or validation error: Patient email address [owen.bright@northmoor.example] already active in PKB
