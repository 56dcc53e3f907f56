"""A quicker constructor, and a quicker copy, for frozen dataclasses of which a message makes many.

The one of `dataclasses` sets each attribute of a frozen instance by a call of `object.__setattr__`, which costs ten
times a plain assignment. This one makes the instance open for the assignments alone: a twin of its class has the same
slots, and no guard. Everything else is the dataclass's own: names, order and defaults of the parameters, and that the
instance is frozen.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")
_NOTHING = object()
"""Stands for an omitted argument whose default is made anew for each instance."""


def quick_init(cls: type[T]) -> type[T]:
    """Give a frozen dataclass with slots a quicker constructor. Raises TypeError for any other class.

    A subclass needs a constructor of its own, as dataclasses have.
    """
    options, slots = getattr(cls, "__dataclass_params__", None), cls.__dict__.get("__slots__")
    if options is None or slots is None or not options.frozen or hasattr(cls, "__post_init__"):
        raise TypeError(f"{cls.__name__} is no frozen dataclass with slots and without __post_init__")
    twin = type(cls.__name__, cls.__bases__, {"__slots__": slots, "__setattr__": object.__setattr__})
    names: dict[str, Any] = {"_open": object.__setattr__, "_twin": twin, "_frozen": cls, "_nothing": _NOTHING}
    names["_new"] = object.__new__
    by_place, by_name, lines = ["self"], ["*"], ['_open(self, "__class__", _twin)']
    for field in fields(cls):  # type: ignore[arg-type]  # asked above
        default, value = "", field.name
        if field.default is not MISSING:
            default, names[f"_{field.name}"] = f"=_{field.name}", field.default
        elif field.default_factory is not MISSING:
            default, names[f"_{field.name}"] = "=_nothing", field.default_factory
            value = f"_{field.name}() if {field.name} is _nothing else {field.name}"
        (by_name if field.kw_only else by_place).append(field.name + default)
        lines.append(f"self.{field.name} = {value}")
    parameters = ", ".join(by_place + (by_name if len(by_name) > 1 else []))
    code = "\n    ".join((f"def __init__({parameters}):", *lines, "self.__class__ = _frozen"))
    exec(code, names)  # noqa: S102 - as `dataclasses` does, from nothing but the names of attributes
    cls.__replace__ = _replace(cls, names)  # type: ignore[attr-defined]
    constructor = names["__init__"]
    constructor.__qualname__, constructor.__module__ = f"{cls.__qualname__}.__init__", cls.__module__
    constructor.__annotations__ = cls.__init__.__annotations__
    cls.__init__ = constructor  # type: ignore[method-assign]
    return cls


def changed(value: T, **changes: Any) -> T:
    """Return a value of a class with `quick_init` with some attributes changed, as `dataclasses.replace` does.

    Raises AttributeError for an attribute that it does not have.
    """
    replaced: T = value.__replace__(**changes)  # type: ignore[attr-defined]
    return replaced


def _replace(cls: type[Any], names: dict[str, Any]) -> Any:
    lines = [f"copy.{field.name} = self.{field.name}" for field in fields(cls)]
    change = "for name, value in changes.items():\n        setattr(copy, name, value)"
    parts = ("def __replace__(self, /, **changes):", "copy = _new(_twin)", *lines, change, "copy.__class__ = _frozen")
    exec("\n    ".join((*parts, "return copy")), names)  # noqa: S102 - as above
    return names["__replace__"]
