"""A second implementation of Kith's records, written from the specification.

It exists to catch what a test beside the Rust code cannot: a rule that the
code follows but the text does not say. So nothing here is translated from
the Rust code; where a vector fails, either the chapter or the code is wrong.
"""
