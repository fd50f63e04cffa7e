"""What click does for shells, where a filter needs more of it.

`:` and `=` break words in bash (COMP_WORDBREAKS, which is everybody's and left alone), and what is put into the line is
acted upon; the script of click allows for neither. So the line is taken as it is typed, and what is offered is what
goes where bash is going to put it: after the last break, quoted as the word is.
"""

import os
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from click.shell_completion import BashComplete, CompletionItem, FishComplete, add_completion_class

SCRIPT: Final = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_REPLACED="$2" \
%(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_PIECE: Final = re.compile(
    r"""(?P<space>\s+)|'(?P<single>[^']*)'?|"(?P<double>(?:[^"\\]|\\.)*+)\\?"?|\\(?P<escaped>.?)|(?P<plain>[^\s'"\\]+)""",
    re.DOTALL,
)
_ESCAPED_IN_DOUBLE: Final = re.compile(r'\\([$`"\\])')
_ACTS: Final = re.compile(r"[^\w:=./,@%+-]")
_ACTS_IN_DOUBLE: Final = re.compile(r'[$`"\\]')


@dataclass(frozen=True, slots=True)
class Typed:
    """A line up to the cursor: the words before the last, the last as it stands and as it is meant, its open quote."""

    words: tuple[str, ...] = ()
    raw: str = ""
    text: str = ""
    quote: str = ""


def read_line(line: str) -> Typed:
    """Cut a line into words as bash does, the last of which may be unfinished or empty."""
    words: list[str] = []
    raw = text = quote = ""
    for piece in _PIECE.finditer(line):
        if piece.lastgroup == "space":
            words += [text] if raw else []
            raw = text = quote = ""
            continue
        raw, text, quote = raw + piece[0], text + _meant(piece), _open_quote(piece)
    return Typed(tuple(words), raw, text, quote)


def _meant(piece: re.Match[str]) -> str:
    kind = str(piece.lastgroup)
    return _ESCAPED_IN_DOUBLE.sub(r"\1", piece[kind]) if kind == "double" else piece[kind]


def _open_quote(piece: re.Match[str]) -> str:
    quote = {"single": "'", "double": '"'}.get(str(piece.lastgroup), "")
    return "" if len(piece[0]) > 1 and piece[0].endswith(quote) else quote


def quoted(text: str, quote: str) -> str | None:
    """Return what bash reads as `text` within that quote (or none); None where nothing does."""
    if quote == "'":
        return None if "'" in text else text
    if quote == '"':
        return None if "!" in text else _ACTS_IN_DOUBLE.sub(r"\\\g<0>", text)
    return _ACTS.sub(r"\\\g<0>", text)


@add_completion_class
class Bash(BashComplete):
    """Completes what bash is going to replace of a word, by what is meant by the whole of it."""

    source_template: ClassVar[str] = SCRIPT

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._typed = read_line(os.environ.get("COMP_LINE", ""))
        self._replaced = os.environ.get("COMP_REPLACED", "")

    def get_completion_args(self) -> tuple[list[str], str]:
        return [*self._typed.words[1:]], self._typed.text

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        option = incomplete[: incomplete.index("=") + 1] if re.match(r"--?\w[^=]*=", incomplete) else ""
        kept = read_line(self._typed.raw.removesuffix(self._replaced)).text
        items: list[CompletionItem[str]] = []
        for item in super().get_completions(args, incomplete):
            word = item.value if item.type != "plain" else self._put(f"{option}{item.value}", kept)
            items += [] if word is None else [CompletionItem(word, type=item.type)]
        return items

    def _put(self, word: str, kept: str) -> str | None:
        """Return what goes after what is kept of the word; None where the word does not go on from that."""
        if word[: len(kept)].casefold() != kept.casefold():
            return None
        written = quoted(word[len(kept) :], self._typed.quote)
        is_taken_for_closed = written is not None and self._typed.quote == '"' and written.endswith('"')
        return f'{written}"' if is_taken_for_closed else written


@add_completion_class
class Fish(FishComplete):
    """Leaves out what the script of click would cut: it ends a value at its first comma."""

    def get_completions(self, args: list[str], incomplete: str) -> "list[CompletionItem[str]]":
        return [item for item in super().get_completions(args, incomplete) if "," not in item.value]
