#!/usr/bin/env python3
"""Writes the engine's sources once more, with every small mistake somebody could have made as a
switch: `mutate.py SOURCES --planted FILE --out FOLDER`.

What is changed: conditions (negated, an operand left out, < for <=), statements (left out), calls
returned from void functions (left out), truths (true for false), and order (min for max). Beside
these, the planted bugs of FILE, which are written by hand. Each has a number; `mutants.inc` lists
them. The sources are house style, so this reads statements and needs no compiler.
"""
import argparse
import pathlib
import re


class Mutants:
    def __init__(self):
        self.rows = []  # (file, line, function, original, mutated)

    def add(self, file, line, function, original, mutated):
        squeeze = lambda text: re.sub(r"\s+", " ", text.strip())
        self.rows.append((file, line, function, squeeze(original), squeeze(mutated)))
        return len(self.rows)


def skip_text(text, i):
    """The end of a comment, string or character at i, or i."""
    if text.startswith("//", i):
        return text.index("\n", i)
    if text[i] in "\"'":
        end = i + 1
        while text[end] != text[i]:
            end += 2 if text[end] == "\\" else 1
        return end + 1
    return i


def closing(text, i):
    """The place of the bracket that closes the one at i."""
    pairs = {"(": ")", "{": "}", "[": "]"}
    stack = [pairs[text[i]]]
    i += 1
    while stack:
        after = skip_text(text, i)
        if after != i:
            i = after
            continue
        if text[i] in pairs:
            stack.append(pairs[text[i]])
        elif text[i] == stack[-1]:
            stack.pop()
        i += 1
    return i - 1


def operands(condition):
    """Top-level parts of a condition joined by && or by ||, and the joint."""
    for joint in ("||", "&&"):
        parts, depth, start, i = [], 0, 0, 0
        while i < len(condition):
            after = skip_text(condition, i)
            if after != i:
                i = after
                continue
            if condition[i] in "([{":
                depth += 1
            elif condition[i] in ")]}":
                depth -= 1
            elif depth == 0 and condition.startswith(joint, i):
                parts.append(condition[start:i])
                start = i + 2
                i += 1
            i += 1
        if parts:
            return parts + [condition[start:]], joint
    return [condition], ""


SWAPS = [(" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" == ", " != "),
         (" != ", " == "), ("std::min(", "std::max("), ("std::max(", "std::min(")]


def variants_of_condition(condition, may_negate=True):
    """Other conditions somebody could have written."""
    found = [f"!({condition})"] if may_negate else []
    parts, joint = operands(condition)
    for i in range(len(parts) if joint else 0):
        found.append(f" {joint} ".join(p.strip() for k, p in enumerate(parts) if k != i))
    for old, new in SWAPS[:4]:
        for at in re.finditer(re.escape(old), condition):
            found.append(condition[:at.start()] + new + condition[at.end():])
    if joint:
        for old, new in SWAPS[4:6]:
            for at in re.finditer(re.escape(old), condition):
                found.append(condition[:at.start()] + new + condition[at.end():])
    return found


def variants_of_expression(expression):
    found = []
    for old, new in SWAPS[6:] + [("true", "false"), ("false", "true"), ("WithDrain::yes", "WithDrain::no"),
                                 ("Phase::core", "Phase::runtime"), ("Phase::runtime", "Phase::core")]:
        for at in re.finditer(re.escape(old), expression):
            before = expression[at.start() - 1:at.start()]
            if before.isalnum() or before == "_":
                continue
            found.append(expression[:at.start()] + new + expression[at.end():])
    return found


class Source:
    def __init__(self, path, mutants, planted):
        self.name = path.name
        self.text = path.read_text()
        self.mutants = mutants
        self.planted = planted
        self.edits = []  # (start, end, replacement); equal starts: in order

    def line(self, at):
        return self.text.count("\n", 0, at) + 1

    def add(self, at, original, mutated):
        return self.mutants.add(self.name, self.line(at), self.function, original, mutated)

    def mutate(self):
        # A definition: a name qualified by the class, its parameters, and a body.
        for match in re.finditer(r"^(\w[\w:<>,&\* ]*?\s)?(Machine::(~?\w+))\(", self.text, re.M):
            after = closing(self.text, match.end() - 1) + 1
            body = re.match(r"\s*(const\s*)?\{", self.text[after:])
            if not body:
                continue
            self.function = match.group(3)
            self.returns = (match.group(1) or "").strip()
            argument = re.match(r"const fact::(\w+)", self.text[match.end():])
            if argument:
                self.function += f"({argument.group(1)})"
            self.block(after + body.end())

    def block(self, i):
        while True:
            i = self.space(i)
            if self.text[i] == "}":
                return i + 1
            i = self.statement(i)

    def space(self, i):
        while True:
            if self.text[i].isspace():
                i += 1
            elif self.text.startswith("//", i):
                i = skip_text(self.text, i)
            else:
                return i

    def statement(self, i):
        text = self.text
        word = re.match(r"[\w]+", text[i:])
        word = word.group(0) if word else ""
        if text[i] == "{":
            return self.block(i + 1)
        if word in ("if", "while", "for", "switch"):
            head = text.index("(", i)
            end = closing(text, head)
            condition = text[head + 1:end]
            plain = ";" not in condition and not re.match(r"\s*(const )?auto", condition) and "[" not in re.sub(
                r"\w\[[^\]]*\]", "", condition)
            if word in ("if", "while") and plain:
                self.condition(head + 1, end, word == "if")
            i = self.statement(self.space(end + 1))
            after = self.space(i)
            if word == "if" and re.match(r"else\b", text[after:]):
                return self.statement(self.space(after + 4))
            return i
        if word == "do":
            i = self.space(self.statement(self.space(i + 2)))
            return text.index(";", closing(text, text.index("(", i))) + 1
        if word in ("case", "default"):
            return re.compile(r"(?<!:):(?!:)").search(text, i).end()
        end = self.end_of_simple(i)
        self.simple(i, end, word)
        return end + 1

    def end_of_simple(self, i):
        text = self.text
        while text[i] != ";":
            after = skip_text(text, i)
            if after != i:
                i = after
            elif text[i] in "([{":
                i = closing(text, i) + 1
            else:
                i += 1
        return i

    def condition(self, start, end, may_negate):
        original = self.text[start:end]
        chain = ""
        for variant in variants_of_condition(original, may_negate):
            number = self.add(start, original, variant)
            chain += f"mistaken({number}) ? bool({variant}) : "
        if chain:
            self.edits.append((start, end, f"{chain}bool({original})"))

    def lambdas(self, i, end):
        """Bodies of lambdas inside a statement are statements, too."""
        found = False
        for match in re.finditer(r"\]\s*(\([^()]*\))?\s*(mutable\s*)?\{", self.text[i:end]):
            found = True
            outer, self.returns = self.returns, "whatever"
            self.block(i + match.end())
            self.returns = outer
        return found

    def simple(self, i, end, word):
        original = self.text[i:end]
        if word in ("break", "continue", "using", "struct", "static"):
            return
        if word == "return":
            return self.returned(i, end, original[len("return"):])
        declared = re.match(r"(const )?([\w:<>]+(<.*>)?)[&\*]? (\w+|\[[\w, ]+\])(\{| =|$)", original)
        if declared:
            initial = re.match(r"const bool \w+ =\s", original)
            if initial and "[" not in original:
                self.condition(i + initial.end(), end, True)
            elif not self.lambdas(i, end):
                self.initial(i, end, original)
            return
        number = self.add(i, original, "(left out)")
        if self.lambdas(i, end):
            self.edits.append((i, i, f"{{ if (!mistaken({number})) "))
            self.edits.append((end + 1, end + 1, " }"))
            return
        chain = f"{{ if (mistaken({number})) {{}} "
        for variant in variants_of_expression(original):
            chain += f"else if (mistaken({self.add(i, original, variant)})) {{ {variant}; }} "
        self.edits.append((i, end + 1, f"{chain}else {{ {original}; }} }}"))

    def initial(self, i, end, original):
        match = re.match(r"(const auto|auto) \w+ =\s*", original)
        if not match:
            return
        start = i + match.end()
        chain = ""
        for variant in variants_of_expression(self.text[start:end]):
            chain += f"mistaken({self.add(i, original, variant)}) ? ({variant}) : "
        if chain:
            self.edits.append((start, end, f"{chain}({self.text[start:end]})"))

    def returned(self, i, end, expression):
        expression = expression.strip()
        if self.returns == "bool" and expression and "[" not in expression:
            start = self.text.index(expression, i)
            if expression in ("true", "false"):
                number = self.add(i, f"return {expression}", f"return !{expression}")
                self.edits.append((start, end, f"mistaken({number}) ? !{expression} : {expression}"))
            else:
                self.condition(start, end, True)
        elif self.returns == "void" and expression and "{" not in self.text[i:end].split("(")[0]:
            number = self.add(i, f"return {expression}", "return")
            self.edits.append((i, end + 1, f"{{ if (!mistaken({number})) {expression}; return; }}"))

    def plant(self, switches):
        for name, file, how, anchor, code in self.planted:
            if file != self.name:
                continue
            if self.text.count(anchor) != 1:
                raise SystemExit(f"planted bug {name}: its anchor is not once in {file}: {anchor}")
            at = self.text.index(anchor)
            tail = " else " if how == "instead" else " "
            self.edits.append((at, at, f"if (mistaken({switches[name]})) {{ {code} }}{tail}"))

    def write(self, folder):
        text, last, out = self.text, 0, []
        for start, end, replacement in sorted(self.edits, key=lambda e: (e[0], e[1] != e[0])):
            if start < last:
                raise SystemExit(f"{self.name}:{self.line(start)}: two changes overlap")
            out.append(text[last:start] + replacement)
            last = end
        text = "".join(out) + text[last:]
        switch = '#include "switch.h"\n'
        (folder / self.name).write_text(switch + text)


def read_planted(path):
    """Blocks of `name`, `file: before|instead: anchor` and indented code."""
    bugs, name = [], None
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("    "):
            bugs[-1][4] += line.strip() + " "
        elif line.startswith("  "):
            file, how, anchor = line.strip().split(": ", 2)
            bugs.append([name, file, how, anchor.replace("\\n", "\n"), ""])
        else:
            name = line.strip()
    return bugs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sources", nargs="+", type=pathlib.Path)
    parser.add_argument("--planted", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    planted = read_planted(options.planted)
    mutants = Mutants()
    sources = [Source(path, mutants, planted) for path in options.sources]
    for source in sources:
        source.mutate()
    switches = {}
    for name, file, _, _, _ in planted:
        if name not in switches:
            switches[name] = mutants.add(file, 0, "planted", "", name)
    for source in sources:
        source.plant(switches)
        source.write(options.out)
    quoted = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    rows = [f"{{{quoted(f)}, {line}, {quoted(fn)}, {quoted(old)}, {quoted(new)}}},\n"
            for f, line, fn, old, new in mutants.rows]
    (options.out / "mutants.inc").write_text("".join(rows))


main()
