"""Python, Ruby, Bash and PHP: which symbols a source of each language has, and on which lines."""

from __future__ import annotations

from outlining import listed, symbols_of

_PYTHON = '''
"""Doc."""
import os

LIMIT: int = 3
names = []

@app.route("/")
@cached
def index(request):
    """Doc."""
    def helper(x):
        return os.path.join(x)
    return helper(request.args.get("q"))


class Shape(Base):
    sides = 0

    @property
    def area(self) -> float:
        return compute(self.sides)

    @area.setter
    def area(self, value):
        self._area = value

    class Inner:
        async def go(self): await self.step()

if TYPE_CHECKING:
    def late(): ...
else:
    def late(): return 1

class TestShape(unittest.TestCase):
    def setUp(self): pass
    def test_area(self):
        assert Shape().area == 0
'''


def test_symbols_of_python() -> None:
    assert listed("python", _PYTHON) == [
        "constant LIMIT 4-4",
        "constant names 5-5",
        "function index 7-13",
        "function index::helper 11-12",
        "class Shape 16-28",
        "method Shape::area 19-21",
        "method Shape::area#2 23-25",
        "class Shape::Inner 27-28",
        "method Shape::Inner::go 28-28",
        "function late 31-31",
        "function late#2 33-33",
        "class TestShape 35-38",
        "method TestShape::setUp 36-36 test",
        "method TestShape::test_area 37-38 test",
    ]


def test_calls_of_python() -> None:
    symbols = symbols_of("python", _PYTHON)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "index": ("get", "helper", "join"),
        "index::helper": ("join",),
        "Shape::area": ("compute",),
        "Shape::Inner::go": ("step",),
        "TestShape::test_area": ("Shape",),
    }


_RUBY = """
require 'x'
module A
  LIMIT = 3
  class B < C
    attr_reader :x
    def initialize(x) = @x = x
    def self.make(*args)
      new(*args)
    end
    def empty?; items.empty? end
    def ==(other); x == other.x; end
    def <=>(other); 0; end
    def x=(v)
      @x = helper v
    end
    alias_method :foo, :bar
    alias baz foo
    class << self
      def build; end
    end
  end
  class D::E; end
end
describe B do
  it "works #1" do
    expect(1).to eq 1
  end
end
class TestB < Minitest::Test
  def test_it; assert true; end
end
"""


def test_symbols_of_ruby() -> None:
    assert listed("ruby", _RUBY) == [
        "module A 2-23",
        "constant A::LIMIT 3-3",
        "class A::B 4-21",
        "method A::B::initialize 6-6",
        "method A::B::make 7-9",
        "method A::B::empty? 10-10",
        "method A::B::== 11-11",
        "method A::B::<=> 12-12",
        "method A::B::x= 13-15",
        "method A::B::baz 17-17",
        "method A::B::build 19-19",
        "class A::D::E 22-22",
        "function B 24-28 test",
        "function B::works 1 25-27 test",
        "class TestB 29-31",
        "method TestB::test_it 30-30 test",
    ]


def test_calls_of_ruby() -> None:
    symbols = symbols_of("ruby", _RUBY)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "A::B::make": ("new",),
        "A::B::empty?": ("empty?",),
        "A::B::==": ("x",),
        "A::B::x=": ("helper",),
        "B": ("eq", "expect", "it", "to"),
        "B::works 1": ("eq", "expect", "to"),
        "TestB::test_it": ("assert",),
    }


_BASH = """
#!/bin/bash
LIMIT=3
export PATH="$PATH:/x"
readonly A=1
add() {
  local x=$1
  helper "$x" | grep -q foo
}
function other {
  echo "$(add 1)" > /dev/null
}
function third() ( exit 1 )
add 2
"""


def test_symbols_of_bash() -> None:
    assert listed("bash", _BASH) == [
        "constant LIMIT 2-2",
        "constant PATH 3-3",
        "constant A 4-4",
        "function add 5-8",
        "function other 9-11",
        "function third 12-12",
    ]


def test_calls_of_bash() -> None:
    symbols = symbols_of("bash", _BASH)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "add": ("grep", "helper"),
        "other": ("add", "echo"),
        "third": ("exit",),
    }


_PHP = r"""
<?php
namespace App\Models;
use Foo\Bar;
const LIMIT = 3;
define('OTHER', 4);
#[Attribute]
final class User extends Model implements HasName {
    const A = 1;
    private string $name = "x";
    public function __construct(private int $id) { parent::__construct(); }
    #[Test]
    public function it_works(): void { $this->assertTrue(helper($x)); }
    abstract function load();
    public static function make(): static { return new static(); }
    function testIt() { Foo::bar(); new Baz(); }
}
interface HasName { public function name(): string; }
trait Greets { function hi() { echo "hi"; } }
enum Suit: string { case A = 'a'; public function label() { return 1; } }
function helper(array $x) { return array_map(fn($y) => $y + 1, $x); }
?>
<p>hi</p>
"""


def test_symbols_of_php() -> None:
    assert listed("php", _PHP) == [
        "module App\\Models 2-2",
        "constant LIMIT 4-4",
        "constant OTHER 5-5",
        "class User 6-16",
        "constant User::A 8-8",
        "method User::__construct 10-10",
        "method User::it_works 11-12 test",
        "signature User::load 13-13",
        "method User::make 14-14",
        "method User::testIt 15-15 test",
        "interface HasName 17-17",
        "signature HasName::name 17-17",
        "trait Greets 18-18",
        "method Greets::hi 18-18",
        "enum Suit 19-19",
        "method Suit::label 19-19",
        "function helper 20-20",
    ]


def test_calls_of_php() -> None:
    symbols = symbols_of("php", _PHP)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "User::__construct": ("__construct",),
        "User::it_works": ("assertTrue", "helper"),
        "User::make": ("static",),
        "User::testIt": ("Baz", "bar"),
        "helper": ("array_map",),
    }
