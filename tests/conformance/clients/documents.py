"""A system that sends the letters of a clinic."""

from __future__ import annotations

import base64

from tests.conformance.clients.wire import BUG, Json, deliver, local, message

PDF = base64.b64encode(
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
).decode()


def build(row: Json, person: Json, control_id: str) -> str:
    number = f"{row['id']}-{control_id}" if BUG == "new-document-number" else row["id"]
    if row["message"] == "MDM^T11":
        return message("MDM^T11", control_id, person, f"TXA||CL||||||||||{number}")
    header = f"TXA||CL||{local(row['written'])}||||||||{number}||||letter.pdf|AU"
    return message("MDM^T02", control_id, person, header, f"OBX|1|ED|CL^{row['title']}||^TEXT^PDF^Base64^{PDF}")


if __name__ == "__main__":
    deliver(build)
