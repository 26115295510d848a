"""Go, Rust and Java: which symbols a source of each language has, and on which lines."""

from __future__ import annotations

from outlining import listed, symbols_of

_GO = """
package main

import "fmt"

const Limit = 3

const (
	A = iota
	B
)

var registry = map[string]int{}

type Shape interface {
	Area() float64
}

type (
	Point struct{ X, Y int }
	ID    = string
)

type List[T any] struct{ items []T }

func (p *Point) Move(dx int) { p.X += dx; fmt.Println(dx) }

func (l List[T]) Len() int { return len(l.items) }

func main() {
	f := func() { helper() }
	f()
	Map[int](nil)
}

func TestMain(t *testing.T) { t.Run("x", func(t *testing.T) {}) }
"""


def test_symbols_of_go() -> None:
    assert listed("go", _GO) == [
        "constant Limit 5-5",
        "constant A 8-8",
        "constant B 9-9",
        "constant registry 12-12",
        "interface Shape 14-16",
        "signature Shape::Area 15-15",
        "struct Point 19-19",
        "type ID 20-20",
        "struct List 23-23",
        "method Point::Move 25-25",
        "method List::Len 27-27",
        "function main 29-33",
        "function TestMain 35-35 test",
    ]


def test_calls_of_go() -> None:
    symbols = symbols_of("go", _GO)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "Point::Move": ("Println",),
        "List::Len": ("len",),
        "main": ("f", "helper"),
        "TestMain": ("Run",),
    }


_RUST = """
#![allow(dead_code)]
use std::fmt;

/// Doc.
#[derive(Debug, Clone)]
pub struct Point { x: i32 }

pub enum Shape { Circle(f64), Square }
const LIMIT: usize = 3;
static mut COUNT: u32 = 0;
type Alias = Vec<u8>;

macro_rules! square { ($x:expr) => { $x * $x }; }

pub trait Area {
    type Out;
    fn area(&self) -> f64;
    fn twice(&self) -> f64 { self.area() * 2.0 }
}

impl Area for Shape {
    fn area(&self) -> f64 { helper(self).max(square!(2.0)) }
}

impl<T: fmt::Debug> Wrapper<T> {
    pub fn new() -> Self { Self::build::<T>() }
}

mod inner {
    pub fn deep<'a>(x: &'a str) -> &'a str { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "x")]
    async fn works() { assert_eq!(1, 1); }
}
"""


def test_symbols_of_rust() -> None:
    assert listed("rust", _RUST) == [
        "struct Point 5-6",
        "enum Shape 8-8",
        "constant LIMIT 9-9",
        "constant COUNT 10-10",
        "type Alias 11-11",
        "macro square 13-13",
        "trait Area 15-19",
        "type Area::Out 16-16",
        "signature Area::area 17-17",
        "method Area::twice 18-18",
        "method Shape::area 22-22",
        "method Wrapper::new 26-26",
        "module inner 29-31",
        "function inner::deep 30-30",
        "module tests 33-39",
        "function tests::works 37-38 test",
    ]


def test_calls_of_rust() -> None:
    symbols = symbols_of("rust", _RUST)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "Area::twice": ("area",),
        "Shape::area": ("helper", "max", "square"),
        "Wrapper::new": ("build",),
        "tests::works": ("assert_eq",),
    }


_JAVA = """
package a.b;

import java.util.*;

/** Doc. */
@Deprecated
public abstract class Shape<T> implements Area {
    static final int LIMIT = 3;
    private int x;

    static { init(); }

    public Shape(int x) { this.x = x; }

    @Override
    public double area() { return Math.max(helper(x), new Box<T>().size()); }

    abstract void load();

    enum Color { RED, GREEN; Color next() { return RED; } }

    record Pair(int a, int b) { Pair { check(a); } }

    interface Visitor { void visit(Shape s); default void end() {} }
    @interface Mark { String value(); }

    void over(int a) {}
    void over(String a) { Runnable r = () -> run(); list.forEach(this::consume); }
}

class ShapeTest {
    @ParameterizedTest
    @ValueSource(ints = {1})
    void works() {}
}
"""


def test_symbols_of_java() -> None:
    assert listed("java", _JAVA) == [
        "class Shape 6-29",
        "constant Shape::LIMIT 8-8",
        "method Shape::Shape 13-13",
        "method Shape::area 15-16",
        "signature Shape::load 18-18",
        "enum Shape::Color 20-20",
        "method Shape::Color::next 20-20",
        "class Shape::Pair 22-22",
        "method Shape::Pair::Pair 22-22",
        "interface Shape::Visitor 24-24",
        "signature Shape::Visitor::visit 24-24",
        "method Shape::Visitor::end 24-24",
        "interface Shape::Mark 25-25",
        "signature Shape::Mark::value 25-25",
        "method Shape::over 27-27",
        "method Shape::over#2 28-28",
        "class ShapeTest 31-35",
        "method ShapeTest::works 32-34 test",
    ]


def test_calls_of_java() -> None:
    symbols = symbols_of("java", _JAVA)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "Shape::area": ("Box", "helper", "max", "size"),
        "Shape::Pair::Pair": ("check",),
        "Shape::over#2": ("consume", "forEach", "run"),
    }
