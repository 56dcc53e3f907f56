"""Traffic: the list with its filters and pages, and the page of an exchange."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from sandbox.hl7.files import examples
from tests.console.crawling import PREFIX
from tests.support import NORTHMOOR, Client

TRAFFIC = f"{PREFIX}traffic"
ORU = (
    "MSH|^~\\&|LIMS4|NORTHMOOR|HL7API|PKB|20260310101500||ORU^R01|oru-lab|P|2.4\r"
    "PID|||9991001379^^^NHS^NH||Adeyemi^Tola||19880214\r"
    "OBR|1||26H0044871|FBC^Full blood count^L9\r"
    "OBX|1|ST|HB^Comment^L9||Seen in A&E department||||||F||\r"
)
SCRIPT = "<script>alert(1)</script>"


def text_of(pkb: Client, path: str) -> str:
    response = pkb.http.get(path)
    assert response.status_code == 200, response.text
    return response.text


def exchange_page(pkb: Client, number: int = -1) -> str:
    exchanges = pkb.control("/exchanges")["exchanges"]
    return text_of(pkb, f"{TRAFFIC}/{exchanges[number]['id']}")


def ids_in(page: str) -> list[str]:
    return re.findall(r'data-exchange="([^"]+)"', page)


def test_an_empty_list_says_how_to_make_traffic(pkb: Client):
    page = text_of(pkb, TRAFFIC)
    assert "No traffic yet" in page
    assert f"pkb-sandbox hl7 send adt_a28 --url {pkb.server.base_url}" in page


def test_the_newest_exchange_comes_first(pkb: Client):
    pkb.facade("/Patient")
    pkb.send(ORU)
    page = text_of(pkb, TRAFFIC)
    assert ids_in(page) == [row["id"] for row in reversed(pkb.control("/exchanges")["exchanges"])]
    assert "hl7 · ORU^R01 laboratory" in page
    assert "No observation timestamp in OBX or OBR" in page


def test_filters_are_parameters_of_the_address(pkb: Client):
    pkb.send(ORU)
    pkb.http.get("/fhir/metadata", headers={"PKB-Sandbox-Scenario": "first visit"})
    rows: dict[str, int] = {
        "": 2,
        "?api=hl7": 1,
        "?outcome=accepted": 1,
        "?client=org_northmoor": 1,
        "?client=nobody": 0,
        "?scenario=first+visit": 1,
        "?text=METADATA": 1,
        "?text=a%26e": 1,
        "?text=nowhere": 0,
        "?api=hl7&outcome=accepted": 0,
    }
    for query, count in rows.items():
        page = text_of(pkb, TRAFFIC + query)
        assert len(ids_in(page)) == count, query
    assert "No exchange fits these filters." in page


def test_a_patient_may_be_named_by_any_number(pkb: Client):
    pkb.send(
        ORU.replace("OBR|1||26H0044871|FBC^Full blood count^L9", "OBR|1||26H0044871|FBC^Full blood count^L9|||20260303")
    )
    patient = pkb.control("/records/9991001379")["patient"]
    for word in (patient["id"], "999 100 1379", str(patient["legacy_id"])):
        assert len(ids_in(text_of(pkb, f"{TRAFFIC}?patient={word}"))) == 1, word


def test_an_unknown_word_is_refused_in_words(pkb: Client):
    response = pkb.http.get(f"{TRAFFIC}?api=fax")
    assert response.status_code == 400
    assert "api must be one of" in response.text


def test_downloads_have_the_same_filters(pkb: Client):
    pkb.send(ORU)
    pkb.http.get("/fhir/metadata")
    page = text_of(pkb, f"{TRAFFIC}?api=hl7&text=fbc")
    (har,) = re.findall(r'href="([^"]+exchanges\.har[^"]*)"', page)
    (log,) = re.findall(r'href="([^"]+exchanges\.hl7[^"]*)"', page)
    assert len(pkb.http.get(har.replace("&amp;", "&")).json()["log"]["entries"]) == 1
    assert pkb.http.get(log.replace("&amp;", "&")).text.startswith("MSH|")


def test_older_exchanges_are_on_further_pages(pkb: Client):
    for _ in range(60):
        pkb.http.get("/fhir/metadata")
    first = text_of(pkb, TRAFFIC)
    (older,) = re.findall(r'href="([^"]+before=[^"]+)"', first)
    second = text_of(pkb, older)
    ids = ids_in(first) + ids_in(second)
    assert ids == [row["id"] for row in reversed(pkb.control("/exchanges")["exchanges"])]
    assert "before=" not in second


def test_newer_rows_are_a_fragment_with_the_same_filters(pkb: Client):
    pkb.http.get("/fhir/metadata")
    (first,) = ids_in(text_of(pkb, TRAFFIC))
    pkb.http.get("/fhir/metadata")
    pkb.send(ORU)
    fragment = text_of(pkb, f"{TRAFFIC}/rows?api=facade&after={first}")
    assert ids_in(fragment) == [pkb.control("/exchanges")["exchanges"][1]["id"]]
    assert "<html" not in fragment
    assert len(ids_in(text_of(pkb, f"{TRAFFIC}/rows?after=gone"))) == 3


def test_a_refusal_is_explained_where_it_is_listed(pkb: Client):
    pkb.send(ORU)
    page = exchange_page(pkb)
    assert "No observation timestamp in OBX or OBR" in page
    assert "results.time" in page
    assert '<span class="chip ok">documented</span>' in page


def test_a_message_is_a_table_of_fields_with_names_and_marks(pkb: Client):
    pkb.send(ORU)
    page = exchange_page(pkb)
    assert row_of(page, "OBR-4.2").startswith("Service: text|Full blood count|")
    assert "cut" in row_of(page, "OBX-5.1")
    assert "Seen in A<mark>&amp;E department</mark>" in page
    assert "ignored" in row_of(page, "OBX-1")


def test_a_field_says_what_it_became(pkb: Client):
    pkb.send(ORU.replace("||||||F||\r", "||||||F|||20260303\r"))
    assert row_of(exchange_page(pkb), "OBR-3").endswith("|lab report: sender&#39;s id")


def test_a_finding_about_a_message_links_to_its_field(pkb: Client):
    pkb.send(ORU)
    page = exchange_page(pkb)
    for place in re.findall(r'href="#at-([^"]+)"', page):
        assert f'id="at-{unquote(place)}"' in page
    assert 'href="#at-OBX-5.1"' in page


def row_of(page: str, place: str) -> str:
    """The name, the text and the rest of a row of the table of fields."""
    match = re.search(rf"<td class=\"mono\"[^>]*>{re.escape(place)}</td>(.*?)</tr>", page)
    assert match is not None, place
    cells = re.findall(r"<td[^>]*>(.*?)</td>", match[1])
    return "|".join(re.sub(r"<[^>]+>", "", cell) for cell in cells)


def test_json_is_indented_and_decimals_keep_their_digits(pkb: Client):
    organisation = pkb.organisation(NORTHMOOR)
    headers = {"Content-Type": "application/fhir+json", "X-Org-Public-Id": organisation}
    body = '{"resourceType":"Observation","valueQuantity":{"value":1.50}}'
    pkb.facade("/Observation", method="POST", headers=headers, content=body)
    page = exchange_page(pkb)
    assert "&#34;value&#34;: 1.50" in page
    assert "OperationOutcome" in page


def test_a_form_is_a_table_without_secrets(pkb: Client):
    credential = pkb.credential("letterbox-facade")
    form = {
        "grant_type": "client_credentials",
        "client_id": "letterbox-facade",
        "client_secret": credential["client_secret"],
    }
    pkb.http.post("/api/oauth/token", data=form)
    page = exchange_page(pkb)
    assert re.search(r"client_secret</th><td[^>]*>\[redacted\]", page)
    assert credential["client_secret"] not in page


def test_a_cut_body_says_so(pkb: Client):
    pkb.facade("/Observation", method="POST", content=b'{"note":"' + b"x" * 70_000 + b'"}')
    assert "Cut: the journal keeps the first 65,536 of 70,011 bytes." in exchange_page(pkb)


def test_hostile_text_is_text(pkb: Client):
    pkb.send(ORU.replace("Seen in A&E department", SCRIPT).replace("LIMS4", SCRIPT))
    pkb.http.get("/fhir/Patient", params={"name": SCRIPT}, headers={"PKB-Sandbox-Scenario": SCRIPT})
    pages = [
        text_of(pkb, TRAFFIC),
        exchange_page(pkb, 0),
        exchange_page(pkb, 1),
        text_of(pkb, f"{TRAFFIC}?text={SCRIPT}"),
    ]
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page or "%3Cscript%3E" in page


def test_the_name_of_a_file_is_text(pkb: Client):
    name = '"><img src=x onerror=alert(1)>.pdf'
    pkb.send(examples()["mdm_t02_document"].replace("\n", "\r").replace(".pdf", name))
    page = exchange_page(pkb)
    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.pdf" in page


def test_the_cell_leads_to_its_page(pkb: Client):
    pkb.send(ORU)
    assert f'href="{PREFIX}start/cell/customer.hl7.send_data"' in exchange_page(pkb)


def test_an_exchange_that_is_gone_is_404_in_words(pkb: Client):
    response = pkb.http.get(f"{TRAFFIC}/none")
    assert response.status_code == 404
    assert "does not have this exchange" in response.text


def test_every_exchange_has_a_page(pkb: Client):
    """No page of an exchange fails: wrong credentials, no message, no envelope, a lost response."""
    pkb.post_soap(b"not xml")
    pkb.post_soap(b"", user="")
    pkb.send("PID|1")
    pkb.send("MSH|^~\\&|" + "|" * 300 + "\rZZZ|1^2&3~4")
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "facade", "status": 503}]})
    pkb.http.get("/fhir/metadata")
    pkb.http.post("/apiToken.action", content=b"\xff\xfe{{{", headers={"Content-Type": "text/plain"})
    exchanges: list[dict[str, Any]] = pkb.control("/exchanges")["exchanges"]
    assert len(exchanges) == 6
    for exchange in exchanges:
        text_of(pkb, f"{TRAFFIC}/{exchange['id']}")


def test_the_explanation_as_a_page_leads_to_the_exchange(pkb: Client):
    pkb.send(ORU)
    exchange = pkb.control("/exchanges")["exchanges"][0]
    response = pkb.http.get(exchange["explain"], headers={"Accept": "text/html"})
    assert response.headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert f'href="{TRAFFIC}/{exchange["id"]}"' in response.text
