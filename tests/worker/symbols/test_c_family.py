"""C, C++ and C#: which symbols a source of each language has, and on which lines."""

from __future__ import annotations

from outlining import listed, symbols_of

_C = """
#include <stdio.h>
#define LIMIT 3
#define SQUARE(x) ((x) * (x))

struct point { int x, y; };
typedef struct { int a; } anon_t;
typedef struct node { struct node *next; } node_t;
union u { int a; float b; };
enum color { RED, GREEN };
typedef int (*callback)(int);

int proto(int a);
static char *name_of(struct point *p);
static const int table[] = {1, 2};
int global;

static int
add(int a, int b)
{
    return a + SQUARE(b);
}

char **list(void) { return find("x"), p->run(1); }
int (paren)(int a) { return a; }
"""


def test_symbols_of_c() -> None:
    assert listed("c", _C) == [
        "macro LIMIT 2-2",
        "macro SQUARE 3-3",
        "struct point 5-5",
        "type anon_t 6-6",
        "type node_t 7-7",
        "struct node 7-7",
        "union u 8-8",
        "enum color 9-9",
        "signature proto 12-12",
        "signature name_of 13-13",
        "constant table 14-14",
        "function add 17-21",
        "function list 23-23",
        "function paren 24-24",
    ]


def test_calls_of_c() -> None:
    symbols = symbols_of("c", _C)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "add": ("SQUARE",),
        "list": ("find", "run"),
    }


_CPP = """
#include <vector>
namespace a::b {
template <typename T>
class Box : public Base {
 public:
  Box(T x) : x_(x) {}
  ~Box();
  T get() const { return helper(x_); }
  bool operator==(const Box& o) const;
  operator bool() const { return true; }
  virtual void run() = 0;
  static Box* make();
  struct Inner { int z; };
 private:
  T x_;
};
enum class Color { Red };
using Alias = std::vector<int>;
constexpr int kLimit = 3;
}
template <typename T>
Box<T>::~Box() {}
template <> void a::b::Box<int>::run() { std::move(x); this->get(); make<int>(1); new Foo(); }
const std::string& ref(int a) { return s; }
std::ostream& operator<<(std::ostream& o, const X& x) { return o; }
TEST(BoxTest, Works) { EXPECT_EQ(1, 1); }
void f() { auto l = [](int a) { return g(a); }; }
class MYLIB_API Thing final : public X { void go(); };
"""


def test_symbols_of_cpp() -> None:
    assert listed("cpp", _CPP) == [
        "module a::b 2-20",
        "class a::b::Box 3-16",
        "method a::b::Box::Box 6-6",
        "signature a::b::Box::~Box 7-7",
        "method a::b::Box::get 8-8",
        "signature a::b::Box::operator== 9-9",
        "method a::b::Box::operator bool 10-10",
        "signature a::b::Box::run 11-11",
        "signature a::b::Box::make 12-12",
        "struct a::b::Box::Inner 13-13",
        "enum a::b::Color 17-17",
        "type a::b::Alias 18-18",
        "method Box::~Box 21-22",
        "method a::b::Box::run#2 23-23",
        "function ref 24-24",
        "function operator<< 25-25",
        "function BoxTest::Works 26-26 test",
        "function f 27-27",
        "class Thing 28-28",
        "signature Thing::go 28-28",
    ]


def test_calls_of_cpp() -> None:
    symbols = symbols_of("cpp", _CPP)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "a::b::Box::get": ("helper",),
        "a::b::Box::run#2": ("Foo", "get", "make", "move"),
        "BoxTest::Works": ("EXPECT_EQ",),
        "f": ("g",),
    }


_CSHARP = """
using System;
namespace A.B;

/// <summary>Doc</summary>
[Serializable]
public partial class Shape<T> : Base, IArea where T : class
{
    private const int Limit = 3;
    static readonly string Name = "x";
    public int X { get; set; }
    public string this[int i] => items[i];
    public Shape(int x) : base(x) { }
    ~Shape() { }
    public double Area() => Math.Max(Helper(X), 2);
    public abstract void Load();
    void IArea.Visit() { new Box<T>().Run<T>(); }
    public static Shape<T> operator +(Shape<T> a, Shape<T> b) => a;
    event EventHandler Changed;
    enum Color { Red }
    struct Point { int x; }
    record Pair(int A, int B);
    delegate void Handler(int a);
    interface IVisitor { void Visit(); }
    void Outer() { int Local(int a) { return a; } Local(1); }
}

public class Tests
{
    [Fact]
    public void Works() { Assert.True(true); }
    [Theory, InlineData(1)]
    public async Task Many(int x) { }
}
"""


def test_symbols_of_csharp() -> None:
    assert listed("csharp", _CSHARP) == [
        "module A.B 2-2",
        "class Shape 5-25",
        "constant Shape::Limit 8-8",
        "constant Shape::Name 9-9",
        "method Shape::X 10-10",
        "method Shape::this 11-11",
        "method Shape::Shape 12-12",
        "method Shape::Shape#2 13-13",
        "method Shape::Area 14-14",
        "signature Shape::Load 15-15",
        "method Shape::Visit 16-16",
        "method Shape::+ 17-17",
        "enum Shape::Color 19-19",
        "struct Shape::Point 20-20",
        "class Shape::Pair 21-21",
        "type Shape::Handler 22-22",
        "interface Shape::IVisitor 23-23",
        "signature Shape::IVisitor::Visit 23-23",
        "method Shape::Outer 24-24",
        "function Shape::Outer::Local 24-24",
        "class Tests 27-33",
        "method Tests::Works 29-30 test",
        "method Tests::Many 31-32 test",
    ]


def test_calls_of_csharp() -> None:
    symbols = symbols_of("csharp", _CSHARP)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "Shape::Area": ("Helper", "Max"),
        "Shape::Visit": ("Box", "Run"),
        "Shape::Outer": ("Local",),
        "Tests::Works": ("True",),
    }


def test_what_may_be_a_variable_is_no_symbol() -> None:
    source = "int f() { Foo bar(baz); int g(int); return 1; }\nvoid (*pointer)(int);\n"
    assert list(symbols_of("cpp", source)) == ["f"]
