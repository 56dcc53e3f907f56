"""The index entries and files of the collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox import facts
from sandbox.examples.example import Example
from sandbox.examples.making.collections.bruno import bruno
from sandbox.examples.making.collections.gathering import TABLE, collections
from sandbox.examples.making.collections.http_file import http_file
from sandbox.examples.making.collections.postman import postman
from sandbox.examples.making.collections.request import Collection
from sandbox.examples.making.collections.rest import rest_collection
from sandbox.examples.making.hl7_messages import table
from sandbox.examples.making.written import Written

SUPPLIED = {
    "postman_rest": ("postman", "rest/custom-rest.postman_collection.json", "a Postman collection"),
    "http_rest": ("http", "rest/custom-rest.http", "an .http file"),
}
"""Collections of the Custom REST API that are made beside its catalogue: name → variant, file, what it is."""
ABOUT = {
    "customer": "HL7, Customer FHIR, all cells of a Customer",
    "partner": "HL7, Messaging, Facade operations, all cells of a partner",
    "app": "sign in, all cells of an app",
    "rest": "every operation of the Custom REST API",
}


def collection_examples(texts: Mapping[str, str], examples: Mapping[str, Example]) -> Iterator[Written]:
    """Build every collection, each for the three tools."""
    for collection in (*collections(texts, examples), rest_collection()):
        if collection.name != "rest":
            path = f"collections/{collection.name}.postman_collection.json"
            yield _written(collection, "postman", "a Postman collection", {path: postman(collection)})
            path = f"collections/{collection.name}.http"
            yield _written(collection, "http", "an .http file", {path: http_file(collection)})
        folder = f"collections/bruno/{collection.name}"
        files = {f"{folder}/{path}": text for path, text in bruno(collection).items()}
        yield _written(collection, "bruno", "a Bruno collection", files)
    for name, (variant, path, what) in SUPPLIED.items():
        yield Written(_example(name, "app", variant, f"{ABOUT['rest']}: {what}", (path,)), {})


def _written(collection: Collection, variant: str, what: str, files: dict[str, str]) -> Written:
    type_ = "app" if collection.name == "rest" else collection.name
    title = f"{ABOUT[collection.name]}: {what}"
    return Written(_example(f"{variant}_{collection.name}", type_, variant, title, tuple(files)), files)


def _example(name: str, type_: str, variant: str, title: str, files: tuple[str, ...]) -> Example:
    return Example(
        name=name,
        title=title[0].upper() + title[1:],
        kind="collection",
        variant=variant,
        api="rest" if name.endswith("rest") else "all",
        integration_type=type_,
        files=files,
        standing=facts.STANDINGS[-1],  # some of its answers are choices; each request names its own source
        source=table(TABLE)["source"],
    )
