"""XML in the journal: nothing of a secret is left, however elements are nested, quoted, cut or broken."""

from __future__ import annotations

import pytest

from sandbox.worlds.masking import MASK, masked_body

MASKED = {
    "an element": ("<a><password>s</password><b>c</b></a>", f"<a><password>{MASK}</password><b>c</b></a>"),
    "a prefix": ("<x:otp>s</x:otp><b>c</b>", f"<x:otp>{MASK}</x:otp><b>c</b>"),
    "an attribute": ("<a token='s' b='c'/>", f"<a token='{MASK}' b='c'/>"),
    "an empty element": ("<token/><b>c</b>", "<token/><b>c</b>"),
    "FHIR's content": ('<password value="s"/><b value="c"/>', f'<password value="{MASK}"/><b value="c"/>'),
    "elements of the same name": ("<token><token>s</token>s</token><b/>", f"<token>{MASK}</token><b/>"),
    "an empty one of the same name": ("<token><token a='>'/>s</token><b/>", f"<token>{MASK}</token><b/>"),
    "a longer name": ("<token><tokens></tokens>s</token><b/>", f"<token>{MASK}</token><b/>"),
    "another prefix": ("<token><x:token></x:token>s</token><b/>", f"<token>{MASK}</token><b/>"),
    "CDATA": ("<token><![CDATA[</token>]]>s</token><b/>", f"<token>{MASK}</token><b/>"),
    "a comment": ("<token><!-- </token> -->s</token><b/>", f"<token>{MASK}</token><b/>"),
    "an instruction": ("<token><?x </token>?>s</token><b/>", f"<token>{MASK}</token><b/>"),
    "blanks in the end": ("<token>s</token\n><b/>", f"<token>{MASK}</token\n><b/>"),
    "a quoted end of the tag": ("<token a='/>'>s</token><b/>", f"<token a='/>'>{MASK}</token><b/>"),
    "a quoted bracket": ('<a token="s>s" b="c">d</a>', f'<a token="{MASK}" b="c">d</a>'),
    "no blank between attributes": ('<a b="c"token="s"/>', f'<a b="c"token="{MASK}"/>'),
    "names in values": ("""<a b='token="' token="s" c="d"/>""", f"""<a b='token="' token="{MASK}" c="d"/>"""),
    "a bare text": ("""<a "b=" token="s"/>""", f"""<a "b=" token="{MASK}"/>"""),
    "a parameter": (
        """<name value="password"/>\n<valueString value="s's"/><b value="c"/>""",
        f"""<name value="password"/>\n<valueString value="{MASK}"/><b value="c"/>""",
    ),
    "a parameter with an id": (
        '<name id="1" value="otp"/><valueString id="2" value="s"/><name value="x"/><valueCode value="c"/>',
        f'<name id="1" value="otp"/><valueString id="2" value="{MASK}"/><name value="x"/><valueCode value="c"/>',
    ),
    "a parameter of several elements": (
        '<name value="token"/><valueIdentifier><value value="s"/></valueIdentifier><b/>',
        f'<name value="token"/><valueIdentifier>{MASK}</valueIdentifier><b/>',
    ),
    "a name as content": ("<name>token</name><value>c</value>", "<name>token</name><value>c</value>"),
    "a quote without its end": ('<token a="/>s</token><b/>', f'<token a="/>{MASK}</token><b/>'),
    "an apostrophe in a tag": ("<a it's><token>s</token><b it's>", f"<a it's><token>{MASK}</token><b it's>"),
}
"""Texts, and what the journal shows. `s` is of the secret."""
CUT = {
    "no end": "<token>s<b>s</b>",
    "the end of another": "<token><token>s</token>s",
    "an end in another case": "<token>s</TOKEN>s",
    "CDATA without an end": "<token><![CDATA[s</token>s",
    "a comment without an end": "<token><!-- s</token>s",
    "a tag without an end": "<token <b>s</b>",
    "a quoted attribute without an end": '<b token="s',
    "a bracket in an attribute": '<b token="s<s">s</b>',
    "a quote without an end": "<b token='s>s</b>",
}
"""Texts in which everything after the name of the secret may belong to it."""


@pytest.mark.parametrize(("body", "masked"), MASKED.values(), ids=MASKED)
def test_a_secret_is_masked_to_its_end_and_no_further(body: str, masked: str):
    assert masked_body(body.encode(), "text/xml") == masked


@pytest.mark.parametrize("body", CUT.values(), ids=CUT)
def test_a_secret_whose_end_is_in_doubt_takes_all_the_rest(body: str):
    masked = masked_body(body.encode(), "text/xml")
    assert masked.endswith(MASK)
    assert "s" not in masked.partition("token")[2].replace(MASK, "")


@pytest.mark.parametrize(
    "parameter",
    [
        r'"name":"token","valueString":"s\"s"',
        r'"valueString":"s\"s","name":"token"',
        r'"name":"token","valueString":"\\"',
    ],
)
def test_an_escaped_quote_ends_no_secret_of_parameters_in_json(parameter: str):
    body = f'{{"resourceType":"Parameters","parameter":[{{{parameter}}}]}}'
    secret = parameter.partition('"valueString":"')[2].partition('","')[0].removesuffix('"')
    assert masked_body(body.encode(), "application/json") == body.replace(f'"{secret}"', f'"{MASK}"')
