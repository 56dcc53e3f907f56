"""A request as code to copy: what each language reads from it is the request again."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.console.rendering import environment
from sandbox.console.snippets import LANGUAGES, HttpRequest, snippets_of

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,12}", fullmatch=True).filter(
    lambda name: name.lower() not in ("host", "content-length", "connection", "user-agent", "expect", "upgrade")
)
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("'\"\\$`!{}\n"), max_size=60)
TEXTS = st.text(CHARACTERS | st.sampled_from("'\"\\$`!\r\n\t{}"), max_size=60)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
URL = "https://pkb.example/fhir/Patient?identifier=a%7Cb"

NASTY = (
    "",
    "plain",
    'it\'s "quoted" \\ and $HOME `id` ${x} #{y} {z}',
    "line one\nline two\n",
    "line one\n  trailing blank \nline three",
    '"""\nthree quotes"""\n',
    "MSH|^~\\&|A|B\rPID|1\r",
    "tab\tand\u2028separator\nand\u00a0",
    "\\u0041 \\n \\\\u000a\n",
    '{\n  "name": "Zoë \U0001f600"\n}',
    "\n\nleading and trailing\n\n",
    '\nends with a quote"',
    "bell\x07\x7f\x1b[31m",
)


def request(
    body: str = "", headers: tuple[tuple[str, str], ...] = (), url: str = URL, method: str = "POST"
) -> HttpRequest:
    return HttpRequest(method, url, headers, body)


def code(language: str, of: HttpRequest) -> str:
    return next(snippet.text for snippet in snippets_of(of) if snippet.language == language)


def arguments(of: HttpRequest) -> list[str]:
    """The arguments that the command should have, without its options' names for method and globbing."""
    headers = [f"{name}: {value}" if value.strip() else f"{name};" for name, value in of.own_headers]
    return [of.encoded_url, *(part for header in headers for part in ("-H", header))] + (
        ["--data-raw", of.body] if of.body else []
    )


@given(PRINTABLE, st.lists(st.tuples(NAMES, VALUES), max_size=3).map(tuple))
def test_a_shell_reads_the_arguments_of_curl_as_they_are(body: str, headers: tuple[tuple[str, str], ...]):
    of = request(body, headers, method="POST" if body else "GET")
    read = [text for text in shlex.split(code("curl", of)) if text != "\n"]  # shlex keeps continued lines apart
    assert read == [text for text in ("curl", *arguments(of)) if text != "\n"]


@settings(deadline=None, max_examples=25)
@given(TEXTS)
def test_bash_reads_control_characters_too(body: str):
    text = code("curl", request(body)).replace("curl", "printf '%s\\0'", 1)
    ran = subprocess.run(["bash", "-c", text], capture_output=True, timeout=20, env={"LC_ALL": "C.UTF-8"})
    assert ran.stdout.decode().split("\0")[-2 if body else 0] == (body or "-X")


def test_the_shell_replaces_a_variable_and_nothing_else():
    of = HttpRequest("GET", URL, (("Authorization", "Bearer ${TOKEN}"), ("X-A", "${TOKEN} $HOME")), "", ("TOKEN",))
    text = code("curl", of).replace("curl", "printf '%s\\n'", 1)
    ran = subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=20, env={"TOKEN": "a'b"})
    assert ran.stdout.splitlines() == [URL, "-H", "Authorization: Bearer a'b", "-H", "X-A: a'b $HOME"]


def run_python(text: str, **variables: str) -> tuple[Any, ...]:
    """What the program hands to httpx."""
    calls: list[tuple[Any, ...]] = []

    def capture(method: str, url: str, headers: Any = None, content: bytes = b"") -> Any:
        calls.append((method, url, headers or {}, content.decode()))
        return SimpleNamespace(status_code=200, text="")

    with (
        mock.patch.dict(sys.modules, {"httpx": SimpleNamespace(request=capture)}),
        mock.patch.dict("os.environ", variables),
    ):
        exec(compile(text, "snippet", "exec"), {"print": lambda *_: None})
    (call,) = calls
    return call


@given(TEXTS, st.lists(st.tuples(NAMES, VALUES), max_size=3, unique_by=lambda row: row[0]).map(tuple))
def test_python_hands_over_the_request(body: str, headers: tuple[tuple[str, str], ...]):
    of = request(body, headers)
    assert run_python(code("python", of)) == ("POST", URL, dict(of.own_headers), body)


def test_python_reads_a_variable_when_it_runs():
    of = HttpRequest("GET", URL, (("Authorization", "Bearer ${TOKEN}"),), "", ("TOKEN",))
    assert run_python(code("python", of), TOKEN="secret")[2] == {"Authorization": "Bearer secret"}


@pytest.mark.skipif(shutil.which("node") is None, reason="no node is at hand to run JavaScript")
def test_javascript_hands_over_the_request():
    programs = [
        f"{{ {code('javascript', request(body, (('X-A', body),)))} }}".replace("await fetch", "await capture")
        for body in NASTY
    ]
    text = CAPTURE + "\n".join(programs) + "\nlog(JSON.stringify(calls));"
    ran = subprocess.run(["node", "--input-type=module"], input=text, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    for (url, options), body in zip(json.loads(ran.stdout), NASTY, strict=True):
        assert (url, options["method"]) == (URL, "POST")
        assert options["headers"] == {"X-A": body}
        assert options.get("body", "") == body


@pytest.mark.skipif(shutil.which("javac") is None, reason="no Java is at hand to run Java")
def test_java_reads_each_text_as_it_is(tmp_path: Path):
    """Statements as a page shows them, with a stub instead of the client."""
    blocks = [
        "{" + code("java", request(body, (("X-A", body),))).partition(";\n\n")[2].partition("HttpResponse<")[0]
        + "System.out.println(hex(text.get()) + \" \" + hex(text.get())); text.clear(); }"
        for body in NASTY
    ]  # fmt: skip
    program = "\n".join(blocks).replace("HttpRequest.BodyPublishers.", "Stub.").replace("HttpRequest", "Stub")
    (tmp_path / "Main.java").write_text(STUB.replace("PROGRAM", program), encoding="utf-8")
    command = ["java", "-Dfile.encoding=UTF-8", str(tmp_path / "Main.java")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    rows = [[bytes.fromhex(part).decode("utf-16-be") for part in line.split(" ")] for line in ran.stdout.splitlines()]
    assert rows == [[body, body] for body in NASTY]


CAPTURE = """
const calls = [], log = console.log;
console.log = () => {};
const capture = async (...values) => { calls.push(values); return { text: async () => "" }; };
"""
STUB = """
import java.net.URI;
public class Main {
    static java.util.ArrayList<String> values = new java.util.ArrayList<>();
    static class Text { String get() { return values.remove(0); } void clear() { values.clear(); } }
    static Text text = new Text();
    static String hex(String s) {
        return java.util.HexFormat.of().formatHex(s.getBytes(java.nio.charset.StandardCharsets.UTF_16BE));
    }
    static class Stub {
        static Stub newBuilder(URI uri) { return new Stub(); }
        Stub header(String name, String value) { values.add(value); return this; }
        Stub method(String name, String body) { values.add(body); return this; }
        Stub build() { return this; }
        static String ofString(String s) { return s; }
        static String noBody() { return ""; }
    }
    public static void main(String[] ignored) {
PROGRAM
    }
}
"""


def test_a_read_and_a_search_in_java_use_hapi_and_a_message_does_not():
    read = code("java", request(url="https://pkb.example/fhir/Patient/12", method="GET"))
    assert 'client.read().resource(Patient.class).withId("12").execute()' in read
    assert "FhirContext.forDstu3()" in read
    search = code("java", request(url="https://pkb.example/aggregated/fhir/Condition?patient=1", method="GET"))
    assert 'byUrl("Condition?patient=1").returnBundle(Bundle.class)' in search
    assert "org.hl7.fhir.r4.model" in search
    unknown = "https://pkb.example/customer/northmoor/fhir/Condition"
    assert "java.net.http" in code("java", request(url=unknown, method="GET"))
    assert "forR4" in code("java", HttpRequest("GET", unknown, release="R4"))
    assert "java.net.http" in code("java", request(url="https://pkb.example/services/hl7"))
    assert "java.net.http" in code("java", request(url="https://pkb.example/fhir/Patient/1/$purview", method="GET"))


def test_an_address_that_strict_clients_refuse_is_encoded():
    of = request(url='https://pkb.example/a b?c=d|e"f', method="GET")
    for snippet in snippets_of(of):
        assert "/a%20b?c=d%7Ce%22f" in snippet.text, snippet.language


def test_raw_text_has_no_header_that_a_value_smuggles_in():
    text = code("raw", request("é", (("X-A", "1\r\nX-B: 2"),)))
    assert text.splitlines()[2:] == ["X-A: 1 X-B: 2", "Content-Length: 2", "", "é"]


def test_the_component_shows_every_language_with_a_copy_button():
    template = environment().from_string('{% from "components.html" import snippets %}{{ snippets(request) }}')
    html = template.render(request=request("<script>alert('x')</script>"))
    assert "<script>" not in html
    assert html.count('type="radio"') == html.count("data-copy") == len(LANGUAGES)
    assert html.count(" checked") == 1
