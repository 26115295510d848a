"""The changes that are made to a module, one at a time: cosmic-ray's operators, and some of ours.

Of cosmic-ray's operators those are taken that make a difference of their own: a comparison is
negated and moved by one, not replaced by each of the others. Ours change what it leaves alone and
what this code is full of: calls made for what they do, tables, and values that are returned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator
from parso.python.tree import Keyword

# What parso says of its own trees leaves out the children.
Node: TypeAlias = Any
Position: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

_THEIRS: Final = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_LShift_RShift",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBreakWithContinue",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "ZeroIterationForLoop",
)


def _at(node: Node) -> Position:
    return node.start_pos, node.end_pos


def _keyword(word: str, instead_of: Node) -> Keyword:
    return Keyword(word, instead_of.start_pos, instead_of.get_first_leaf().prefix)


class _OurOperator(Operator):  # type: ignore[misc]
    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return ()


class DropStatement(_OurOperator):
    """Leave out a call, a raise, or an assignment to what outlives the function."""

    def mutation_positions(self, node: Node) -> Iterator[Position]:
        if node.type == "simple_stmt" and _has_effect(node.children[0]):
            yield _at(node.children[0])

    def mutate(self, node: Node, index: int) -> Node:
        del index
        node.children[0] = _keyword("pass", node.children[0])
        return node


def _has_effect(statement: Node) -> bool:
    if statement.type == "expr_stmt":
        target, assigned = statement.children[0], statement.children[1]
        return target.type in ("atom_expr", "power", "testlist_star_expr") or (
            assigned.type == "operator" and assigned.value != "="
        )
    return statement.type in ("atom_expr", "power", "raise_stmt")


class ReturnNone(_OurOperator):
    """Return None instead of a value; where that is False, whoever asks sees no difference."""

    def mutation_positions(self, node: Node) -> Iterator[Position]:
        if node.type == "return_stmt" and node.children[1].get_code(False) not in (
            "None",
            "False",
        ):
            yield _at(node.children[1])

    def mutate(self, node: Node, index: int) -> Node:
        del index
        node.children[1] = _keyword("None", node.children[1])
        return node


class DropEntry(_OurOperator):
    """Leave one entry out of a dictionary."""

    def mutation_positions(self, node: Node) -> Iterator[Position]:
        for first, last in self._entries(node):
            yield first.start_pos, last.end_pos

    def mutate(self, node: Node, index: int) -> Node:
        first, last = list(self._entries(node))[index]
        start, end = node.children.index(first), node.children.index(last) + 1
        node.children[start : end + 1] = []
        return node

    @staticmethod
    def _entries(node: Node) -> Iterator[tuple[Node, Node]]:
        if node.type != "dictorsetmaker" or node.children[-1].type == "sync_comp_for":
            return
        for before, colon, after in zip(
            node.children, node.children[1:], node.children[2:], strict=False
        ):
            if colon.type == "operator" and colon.value == ":":
                yield before, after


class NegateMembership(_OurOperator):
    """Ask whether something is not in a collection, and the reverse."""

    def mutation_positions(self, node: Node) -> Iterator[Position]:
        if node.type == "comparison":
            for word in node.children[1::2]:
                if word.get_code(False).split() in (["in"], ["not", "in"]):
                    yield _at(word)

    def mutate(self, node: Node, index: int) -> Node:
        at = [n for n, word in enumerate(node.children) if _at(word) == self._position(node, index)]
        word = node.children[at[0]]
        node.children[at[0]] = _keyword("in" if word.type == "comp_op" else "not in", word)
        return node

    def _position(self, node: Node, index: int) -> Position:
        return list(self.mutation_positions(node))[index]


def operators() -> Iterator[Operator]:
    """Return all operators."""
    for name in _THEIRS:
        yield get_operator(f"core/{name}")()
    for ours in (DropStatement, ReturnNone, DropEntry, NegateMembership):
        yield ours()
