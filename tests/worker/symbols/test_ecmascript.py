"""JavaScript and TypeScript: which symbols a source of each language has, and on which lines."""

from __future__ import annotations

from outlining import listed, symbols_of

_JAVASCRIPT = """
'use strict';
const fs = require('fs');
const LIMIT = 3, other = fn(function named() {});
export const add = (a, b) => a + b;
export default class Cart extends Base {
  #items = [];
  static total = () => 1;
  constructor(owner) { super(owner); }
  get size() { return this.#items.length; }
  async *walk() { yield* this.#items; }
  #secret() { return log(`${this.size}`); }
}
function* gen() { yield 1; }
exports.handler = async function (event) { return new Cart(event); };
module.exports = { run() { go(); }, stop: () => halt() };
Cart.prototype.clear = function () {};
app.listen = function listen() {};
const View = ({ name }) => <div className="x">{fmt(name)}</div>;
describe('cart', () => {
  it('adds #1 item', async () => { expect(add(1, 2)).toBe(3); });
  it.each([1])('each', function () {});
});
"""


def test_symbols_of_javascript() -> None:
    assert listed("javascript", _JAVASCRIPT) == [
        "constant fs 2-2",
        "constant LIMIT 3-3",
        "constant other 3-3",
        "function other::named 3-3",
        "function add 4-4",
        "class Cart 5-12",
        "method Cart::total 7-7",
        "method Cart::constructor 8-8",
        "method Cart::size 9-9",
        "method Cart::walk 10-10",
        "method Cart::secret 11-11",
        "function gen 13-13",
        "function handler 14-14",
        "method run 15-15",
        "function stop 15-15",
        "method Cart::clear 16-16",
        "method app::listen 17-17",
        "function View 18-18",
        "function cart 19-22 test",
        "function cart::adds 1 item 20-20 test",
    ]


def test_calls_of_javascript() -> None:
    symbols = symbols_of("javascript", _JAVASCRIPT)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "Cart::secret": ("log",),
        "handler": ("Cart",),
        "run": ("go",),
        "stop": ("halt",),
        "View": ("fmt",),
        "cart": ("add", "each", "expect", "it", "toBe"),
        "cart::adds 1 item": ("add", "expect", "toBe"),
    }


_TYPESCRIPT = """
import { a } from './a';
export interface Shape { area(): number; readonly name: string; }
export type Id = string | number;
export enum Color { Red, Green }
declare function external(x: number): void;
export function parse(x: string): number;
export function parse(x: number): number;
export function parse(x: any): number { return conv(x); }
@Injectable()
export abstract class Service<T> extends Base<T> implements Shape {
  private readonly items: T[] = [];
  constructor(private http: Http) { super(); }
  abstract load(): void;
  @Input() handler = (e: Event) => { this.emit(e); };
  @HostListener('x')
  onX(): void { run<T>(); }
  static of<T>(x: T): Service<T> { return new Impl<T>(x); }
}
namespace Outer.Inner { export const x = 1; export function f() {} }
declare module "thing" { function g(): void; }
export const useIt = <T,>(x: T) => x;
"""


def test_symbols_of_typescript() -> None:
    assert listed("typescript", _TYPESCRIPT) == [
        "interface Shape 2-2",
        "signature Shape::area 2-2",
        "type Id 3-3",
        "enum Color 4-4",
        "signature external 5-5",
        "signature parse 6-6",
        "signature parse#2 7-7",
        "function parse#3 8-8",
        "class Service 9-18",
        "method Service::constructor 12-12",
        "signature Service::load 13-13",
        "method Service::handler 14-14",
        "method Service::onX 15-16",
        "method Service::of 17-17",
        "module Outer.Inner 19-19",
        "function Outer.Inner::f 19-19",
        "module thing 20-20",
        "signature thing::g 20-20",
        "function useIt 21-21",
    ]


def test_calls_of_typescript() -> None:
    symbols = symbols_of("typescript", _TYPESCRIPT)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "parse#3": ("conv",),
        "Service::handler": ("emit",),
        "Service::onX": ("run",),
        "Service::of": ("Impl",),
    }


_TSX = """
export const View = ({ name }: Props) => <div className="x">{fmt(name)}</div>;
export function Page<T>(props: T): JSX.Element {
  return <View {...props} />;
}
"""


def test_symbols_of_tsx() -> None:
    assert listed("tsx", _TSX) == [
        "function View 1-1",
        "function Page 2-4",
    ]


def test_calls_of_tsx() -> None:
    symbols = symbols_of("tsx", _TSX)
    assert {name: each.calls for name, each in symbols.items() if each.calls} == {
        "View": ("fmt",),
    }
