"""What two databases say differently in a query: the fields of a fact's body (JSON text), and whole numbers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Float, Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement, FunctionElement
from sqlalchemy.types import TypeEngine

from acd.journal.tables import facts

_CASTS: dict[type[TypeEngine[Any]], str] = {Boolean: "boolean", Float: "double precision"}


class _Field(FunctionElement[Any]):
    inherit_cache = False  # its name is part of the text

    def __init__(self, name: str, kind: TypeEngine[Any]) -> None:
        super().__init__(facts.c.body)
        self.field, self.type = name, kind


def text(name: str) -> ColumnElement[str]:
    """A field that holds words; NULL where there is none."""
    return _Field(name, String())


def number(name: str) -> ColumnElement[float]:
    """A field that holds a number."""
    return _Field(name, Float())


def flag(name: str) -> ColumnElement[bool]:
    """A field that is true or false, or NULL: ask with `is_(True)`."""
    return _Field(name, Boolean())


class _Whole(FunctionElement[int]):
    type = Integer()
    inherit_cache = True


def whole(number_: ColumnElement[Any]) -> ColumnElement[int]:
    """A number from 0 up without its fraction. (A cast does that in SQLite, and rounds in PostgreSQL.)"""
    return _Whole(number_)


@compiles(_Whole)
def _sqlite_whole(element: _Whole, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **more)} AS INTEGER)"


@compiles(_Whole, "postgresql")
def _postgresql_whole(element: _Whole, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST(floor({compiler.process(element.clauses, **more)}) AS integer)"


@compiles(_Field)
def _sqlite(element: _Field, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **more)}, '$.{element.field}')"


@compiles(_Field, "postgresql")
def _postgresql(element: _Field, compiler: SQLCompiler, **more: Any) -> str:
    found = f"(({compiler.process(element.clauses, **more)})::json ->> '{element.field}')"
    cast = _CASTS.get(type(element.type))
    return f"CAST({found} AS {cast})" if cast else found
