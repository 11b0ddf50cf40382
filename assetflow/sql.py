"""Statements that are run often: written with Core, compiled once, run by the driver itself.

SQLAlchemy takes some 150 µs to run a statement for which the driver needs 10. Here its compiler
writes the text once per database, its types name the conversions (dates, moments), and the driver
runs the text inside the same transaction.
"""

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Integer,
    SelectBase,
    Table,
    Update,
    bindparam,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

# Values by their names in the statement.
Values = dict[str, Any]
Asked = tuple["Statement", Values]


class Statement:
    """One SELECT, INSERT, UPDATE or DELETE; every value that changes is a ``bindparam``."""

    def __init__(self, element: SelectBase | Insert | Update | Delete) -> None:
        self.element = element
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, db: Connection, **values: Any) -> list[Any]:
        """Give all rows, as tuples that also know the names of their columns."""
        return together(db, (self, values))[0]

    def first(self, db: Connection, **values: Any) -> Any:
        """Give the first row, or None where there is none."""
        found = self.rows(db, **values)
        return found[0] if found else None

    def run(self, db: Connection, **values: Any) -> int:
        """Carry the statement out and give how many rows it touched."""
        ((_, cursor),) = _run(db, (self, values))
        count: int = cursor.rowcount
        return count

    def _for(self, db: Connection) -> "_Compiled":
        found = self._compiled.get(db.dialect.name)
        if found is None:
            found = self._compiled[db.dialect.name] = _Compiled(self.element, db.dialect)
        return found


def together(db: Connection, *asked: Asked, lock: Asked | None = None) -> list[list[Any]]:
    """Give the rows of several SELECTs; a server is asked for all of them in one go.

    There ``lock`` goes before them, and each of them sees what was saved before the lock was had.
    SQLite has locked the whole database already.
    """
    first = [lock] if lock and db.dialect.name == "postgresql" else []
    found = _run(db, *first, *asked)
    return [compiled.read(cursor) for compiled, cursor in found[len(first) :]]


def carry_out(db: Connection, *asked: Asked) -> None:
    """Carry several statements out; a server is told all of them in one go."""
    if asked:
        _run(db, *asked)


def carry_out_if(db: Connection, first: Asked, *then: Asked) -> bool:
    """Carry out ``first`` and, where it touches just one row, the others; tell whether it did.

    A server is told all of them in one go: where this gives False, the transaction must be undone.
    """
    if db.dialect.name == "postgresql":
        cursors = [cursor for _, cursor in _run(db, first, *then)]
        return bool(cursors[0].rowcount == 1)
    statement, values = first
    if statement.run(db, **values) != 1:
        return False
    carry_out(db, *then)
    return True


def _run(db: Connection, *asked: Asked) -> "list[tuple[_Compiled, Any]]":
    driver: Any = db.connection.driver_connection
    found = [(statement._for(db), values) for statement, values in asked]
    try:
        # Its BEGIN, too, travels with what comes first.
        if db.dialect.name == "postgresql" and (len(found) > 1 or _is_idle(driver)):
            with driver.pipeline():
                return [(each, each.run(driver.cursor(), values)) for each, values in found]
        return [(each, each.run(driver.cursor(), values)) for each, values in found]
    except _errors(db) as error:
        raise _as_usual(db, driver, error) from error


def _is_idle(driver: Any) -> bool:
    return not driver.info.transaction_status


def inserting(table: Table) -> Statement:
    """Give the statement that inserts one row; only what has no default must be given."""
    row: dict[str, Any] = {}
    for column in table.c:
        default: Any = column.default
        row[column.name] = bindparam(column.name, *([default.arg] if default else []))
    row.pop("id", None)
    return Statement(table.insert().inline().values(row))


def among(column: ColumnElement[int], count: int) -> ColumnElement[bool]:
    """Say that a column is one of ``count`` numbers, to be given by ``numbers``."""
    return column.in_([bindparam(f"n{n}", type_=Integer) for n in range(count)])


def numbers(found: Sequence[int], count: int) -> Values:
    """Give the values of ``among``; where there are fewer, the last is named again."""
    padded = [*found, *[found[-1]] * (count - len(found))]
    return {f"n{n}": number for n, number in enumerate(padded)}


class _Compiled:
    """A statement in the words of one database, with what turns values to and fro."""

    def __init__(self, element: SelectBase | Insert | Update | Delete, dialect: Dialect) -> None:
        compiled = element.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - narrows the type
        self.text = str(compiled)
        self.order = compiled.positiontup
        binds = [
            (name, bind.type.dialect_impl(dialect)) for bind, name in compiled.bind_names.items()
        ]
        into = {name: kind.bind_processor(dialect) for name, kind in binds}
        self.into = {name: convert for name, convert in into.items() if convert}
        # What the statement itself fixes, such as the actions it looks for.
        self.fixed = {name: found for name, found in compiled.params.items() if found is not None}
        columns = list(element.selected_columns) if isinstance(element, SelectBase) else []
        self.row: Any = _row_of([str(column.key) for column in columns])
        out = [c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns]
        self.out = [(index, convert) for index, convert in enumerate(out) if convert]

    def run(self, cursor: Any, values: Values) -> Any:
        given = {**self.fixed, **values} if self.fixed or self.into else values
        for name, convert in self.into.items():
            given[name] = convert(given[name])
        cursor.execute(self.text, given if self.order is None else [given[n] for n in self.order])
        return cursor

    def read(self, cursor: Any) -> list[Any]:
        make, found = self.row._make, cursor.fetchall()
        if not self.out:
            return [make(row) for row in found]
        rows = []
        for row in found:
            values = list(row)
            for index, convert in self.out:
                values[index] = convert(values[index])
            rows.append(make(values))
        return rows


def _row_of(names: list[str]) -> Any:
    return namedtuple("Row", names)  # its names are known only now


def _as_usual(db: Connection, driver: Any, error: Any) -> Exception:
    """Give a driver's error as SQLAlchemy gives it, and let go of a connection that is gone."""
    gone = db.dialect.is_disconnect(error, driver, None)
    if gone:
        db.invalidate(error)
    found: Exception = DBAPIError.instance(
        None, None, error, _errors(db), connection_invalidated=gone
    )
    return found


def _errors(db: Connection) -> Any:
    dbapi: Any = db.dialect.dbapi
    return dbapi.Error
