# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The mutants of a file of C: small changes to its text, each with a name that outlives edits elsewhere.

This is no parser of C. It relies on the style of the tree: a function's name, its opening and its closing
brace stand in the first column. What it takes for an operator and is none does not compile, and a mutant
that does not compile is not counted.
"""
import re
from typing import NamedTuple

TOKEN = re.compile(r"""
    (?P<skip>\s+|//[^\n]*|/\*.*?\*/|\\\n)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
  | (?P<number>0[xX][0-9a-fA-F]+[uUlL]*|[0-9]+[uUlL]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign>\.\.\.|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\#\#|[-+*/%&|^~!<>=?:;,.(){}\[\]\#])
""", re.S | re.X)

# What an operator with two operands becomes.
BINARY = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["/"], "<<": [">>"], ">>": ["<<"],
    "&": ["|"], "|": ["&"], "^": ["|"], "&&": ["||"], "||": ["&&"],
    "+=": ["-=", "="], "-=": ["+=", "="], "*=": ["="], "/=": ["="], "%=": ["="], "<<=": [">>=", "="],
    ">>=": ["<<=", "="], "&=": ["|=", "="], "|=": ["&=", "="], "^=": ["="],
}
EITHER = set("+-*&")    # these have one operand or two
TYPES = {"void", "char", "bool", "int", "unsigned", "size_t", "const", "static", "struct", "enum", "union",
         "register", "inline", "extern", "volatile", "s2pt_desc", "s2pt_ipa", "s2pt_pa", "s2pt_feats"}
WORDS = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "break", "continue",
         "goto", "sizeof"}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="}


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


class Mutant(NamedTuple):
    file: str
    scope: str      # the function, macro or table
    line: int       # in the file as it is; not part of the name
    start: int
    end: int
    new: str        # instead of the text from start to end
    name: str


def is_type(word):
    return word in TYPES or re.fullmatch(r"u?int(\d+|ptr)_t", word) is not None


def tokenize(text, start, end):
    tokens, at = [], start
    while at < end:
        match = TOKEN.match(text, at, end)
        if not match:
            raise ValueError(f"no token of C at {text[at:at + 20]!r}")
        if match.lastgroup != "skip":
            tokens.append(Token(match.lastgroup, match.group(), match.start(), match.end()))
        at = match.end()
    return tokens


def without_comments(text):
    """The text with blanks for comments, so that places stay the same."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S)


def scopes(text, public):
    """The pieces of a file that have mutants: (name, type, start, end) of functions, macros and initialisers."""
    plain = without_comments(text)
    lines = re.compile(r".*\n").finditer(plain)
    found, kind = [], None
    for match in lines:
        line = match.group()
        if kind == "define":
            if not line.endswith("\\\n"):
                found.append((name, "", start, match.end()))
                kind = None
        elif kind == "function":
            if line.startswith("{"):
                start = match.end()
            elif line.startswith("}"):
                found.append((name, result, start, match.start()))
                kind = None
            elif line.rstrip().endswith(";") and start is None:
                kind = None    # a declaration
        elif kind == "table":
            if line.startswith("}"):
                closing = re.match(r"\}\s*(\w+)?(\[[^]]*\])?\s*(=\s*\{)?", line)
                if closing.group(3):    # of the type; its values follow
                    name, start = closing.group(1), match.start() + closing.end(3)
                else:
                    if start is not None:
                        found.append((name, "", start, match.start()))
                    kind = None
        elif macro := re.match(r"#\s*define\s+(\w+)(\([^)]*\))?[ \t]*", line):
            name, start = macro.group(1), match.start() + macro.end()
            if not public and line.endswith("\\\n"):
                kind = "define"
            elif not public and macro.end() < len(line.rstrip()):
                found.append((name, "", start, match.end()))
        elif line.startswith("#"):
            pass
        elif function := re.match(r"(\w+)\(", line):
            kind, name, start = "function", function.group(1), None
            result = plain[:match.start()].rstrip().rsplit("\n", 1)[-1]
            if line.rstrip().endswith(";"):
                kind = None
        elif not public and (table := re.match(r"(?:static )?(?:const )?(?:enum|struct|uint\w+_t|char|bool)\b", line)):
            one = re.match(r"(?:static )?const [\w ]*?(\w+)(?:\[[^=]*\])* *= (.*);$", line.rstrip())
            several = re.match(r"(?:static )?const [\w ]*?(\w+)(?:\[[^=]*\])* *= \{$", line.rstrip())
            enum = re.match(r"enum( \w+)? \{(.*)\};$", line.rstrip())
            if one:
                found.append((one.group(1), "", match.start() + one.start(2), match.start() + one.end(2)))
            elif several:
                kind, name, start = "table", several.group(1), match.end()
            elif enum:
                found.append(("enum", "", match.start() + enum.start(2), match.start() + enum.end(2)))
            elif line.rstrip().endswith("{"):
                kind, name, start = "table", "", None
                if line.startswith("enum"):
                    name, start = "enum", match.end()
    return found


def matching(tokens, at):
    """The index of the bracket that closes the one at @at."""
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i].text in "([{" and tokens[i].kind == "sign":
            depth += 1
        elif tokens[i].text in ")]}" and tokens[i].kind == "sign":
            depth -= 1
            if not depth:
                return i
    return None


def has_operand_before(tokens, i):
    """Is what stands before tokens[i] a value, so that the operator there has two operands?"""
    if not i:
        return False
    before = tokens[i - 1]
    if before.kind == "word":
        return not is_type(before.text) and before.text not in WORDS and \
            not (i > 1 and tokens[i - 2].text in ("struct", "enum"))
    if before.text == ")":
        depth = 0
        for j in range(i - 1, -1, -1):
            depth += (tokens[j].text == ")") - (tokens[j].text == "(")
            if not depth:
                return not is_type(tokens[j + 1].text)    # else a cast
        return True
    return before.kind == "number" or before.text == "]"


def condition_before(tokens, i):
    """Where the condition of the `?` at tokens[i] begins."""
    depth = 0
    for j in range(i - 1, -1, -1):
        text = tokens[j].text
        if text in (")", "]"):
            depth += 1
        elif text in ("(", "[", "{"):
            if not depth:
                return j + 1
            depth -= 1
        elif not depth and (text in ASSIGNMENTS or text in (",", ";", ":", "?", "return")):
            return j + 1
    return 0


def changes(text, tokens, result):
    """(start, end, new text, kind) of each mutant of one scope."""
    def span(first, last):
        return text[tokens[first].start:tokens[last].end]

    def forced(first, last, values):
        for value in values:
            joint = "||" if value == "true" else "&&"
            yield tokens[first].start, tokens[last].end, f"(({span(first, last)}) {joint} {value})", \
                f"condition -> {value}"

    # A macro may end without the semicolon that follows it.
    tokens = tokens + [Token("sign", ";", tokens[-1].end, tokens[-1].end)] if tokens else []
    begins = True    # does a statement begin here?
    for i, token in enumerate(tokens[:-1]):
        word = token.text
        if token.kind == "number":
            declares = i > 1 and tokens[i - 1].text == "[" and tokens[i - 2].kind == "word" and i > 2 and \
                (is_type(tokens[i - 3].text) or tokens[i - 3].text == "*")
            if not declares:
                zero = re.fullmatch(r"0[xX]?0*[uUlL]*", word)
                inside = i > 1 and tokens[i - 2].text in ("UINT64_C", "INT64_C")
                place = (tokens[i - 2].start, tokens[i + 1].end) if inside else (token.start, token.end)
                whole = text[place[0]:place[1]]
                for new in [f"({whole} + 1)"] if zero else [f"({whole} + 1)", f"({whole} - 1)", "0"]:
                    if new == "0" and re.fullmatch(r"1[uUlL]*", word):
                        continue    # the same as -1
                    yield *place, new, f"{whole} -> {new.strip('()')}"
        elif word in ("true", "false"):
            new = "false" if word == "true" else "true"
            yield token.start, token.end, new, f"{word} -> {new}"
        elif word == "!":
            yield token.start, token.end, "", "! removed"
        elif word == "~":
            yield token.start, token.end, "", "~ removed"
        elif word in ("++", "--"):
            new = "--" if word == "++" else "++"
            yield token.start, token.end, new, f"{word} -> {new}"
        elif word in BINARY and token.kind == "sign":
            if word not in EITHER or has_operand_before(tokens, i):
                for new in BINARY[word]:
                    yield token.start, token.end, new, f"{word} -> {new}"
            elif word == "-":
                yield token.start, token.end, "", "- removed"
        elif word == "?":
            first = condition_before(tokens, i)
            if first < i:
                yield from forced(first, i - 1, ("true", "false"))
        elif word in ("if", "while") and i + 1 < len(tokens) and tokens[i + 1].text == "(":
            last = matching(tokens, i + 1)
            if last and tokens[i + 2:last]:
                # A loop for ever says nothing new.
                yield from forced(i + 2, last - 1, ("true", "false") if word == "if" else ("false",))
        elif word == "for" and i + 1 < len(tokens) and tokens[i + 1].text == "(":
            last, inner = matching(tokens, i + 1), [j for j in range(i, len(tokens)) if tokens[j].text == ";"][:2]
            if last and len(inner) == 2 and inner[0] + 1 < inner[1]:
                yield from forced(inner[0] + 1, inner[1] - 1, ("false",))
        elif word in ("break", "continue") and tokens[i + 1].text == ";":
            yield token.start, token.end, "", f"{word} deleted"
        elif word == "return" and tokens[i + 1].text != ";":
            last = next(j for j in range(i, len(tokens)) if tokens[j].text == ";") - 1
            if re.search(r"\bbool\b", result):
                news = ["true", "false"]
            elif "s2pt_status" in result:
                news = ["S2PT_OK"]
            elif re.search(r"\bstruct\b[^*]*$", result):
                news = []
            else:
                news = ["0"]
            for new in news:
                if span(i + 1, last) not in (new, "true", "false", "NULL"):
                    yield tokens[i + 1].start, tokens[last].end, new, f"returns {new}"

        if begins and not inside_for(tokens, i) and (token.kind == "word" and not is_type(word) and word not in WORDS or
                       word in ("*", "(", "++", "--")) and tokens[i + 1:i + 2] and tokens[i + 1].text != ":":
            last = i
            while last < len(tokens) and tokens[last].text not in (";", "{", "}"):
                closing = matching(tokens, last) if tokens[last].text in ("(", "[") else None
                last = closing + 1 if closing else last + 1
            declares = tokens[i + 1].kind == "word"
            if last < len(tokens) - 1 and tokens[last].text == ";" and not declares:
                yield token.start, tokens[last].start, "", "statement deleted"

        begins = word in (";", "{", "}", "else", "do") or word == ":" and is_label(tokens, i)
        if word == ")":
            depth = 0
            for j in range(i, -1, -1):
                depth += (tokens[j].text == ")") - (tokens[j].text == "(")
                if not depth:
                    begins = j > 0 and tokens[j - 1].text in ("if", "for", "while", "switch")
                    break


def is_label(tokens, i):
    """Does the `:` at tokens[i] end a case, rather than divide the operands of a `?`?"""
    first = next((j for j in range(i - 1, -1, -1) if tokens[j].text in (";", "{", "}", ":")), -1) + 1
    return tokens[first].text in ("case", "default")


def inside_for(tokens, i):
    """Are we between the parentheses of a `for`? Its parts are no statements."""
    depth = 0
    for j in range(i, -1, -1):
        depth += (tokens[j].text == ")") - (tokens[j].text == "(")
        if depth < 0:
            return j > 0 and tokens[j - 1].text == "for"
    return False


def mutants_of(file, text):
    """All mutants of the text of @file, in its order."""
    public, found = file.startswith("include/"), []
    for scope, result, start, end in scopes(text, public):
        if start is None:
            continue
        seen = {}
        for first, last, new, kind in changes(text, tokenize(text, start, end), result):
            line = text.count("\n", 0, first) + 1
            code = re.sub(r"/\*.*?\*/", "", text.split("\n")[line - 1])
            key = f"{file} {scope}: {' '.join(code.split())} : {kind}"
            seen[key] = seen.get(key, 0) + 1
            name = key if seen[key] == 1 else f"{key} #{seen[key]}"
            found.append(Mutant(file, scope, line, first, last, new, name))
    return found
