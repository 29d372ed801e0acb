"""The window itself: a script of its own process, for any Python that has tk.

It imports nothing of ours, so that the system's Python can run it. Everything it shows
comes as one line of JSON on standard input (``crashwatch.prompts.window`` makes it), so
that nothing of it is on a command line. It writes one word to standard output, the
answer; none at all means that nobody answered. A comment is written as the word and a
JSON text, and what it changes comes back as another line. Exit status 3: no window can
be shown.

As on a terminal, an answer is a word and Enter, or a button: a single key would let
whoever was typing when the window came up agree by accident.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

try:
    import tkinter as tk
    from tkinter import font
except ImportError:  # Debian's python3 without python3-tk, and many others
    HAS_TK = False
else:
    HAS_TK = True

NO_WINDOW = 3
_PARENT_LOOK_MS = 1000
_GRACE = 5  # seconds after the time-out in which a window system that hangs is left

LIGHT = {
    "back": "#ffffff",
    "text": "#1b1f24",
    "quiet": "#57606a",
    "button": "#eef1f4",
    "over": "#dde3ea",
    "ring": "#0a58ca",
}
DARK = {
    "back": "#1f2328",
    "text": "#f0f3f6",
    "quiet": "#b1bac4",
    "button": "#32383f",
    "over": "#444c56",
    "ring": "#71b7ff",
}


def wants_dark(environment: dict[str, str]) -> bool:
    """Whether the person's desktop says so in its environment."""
    theme = environment.get("GTK_THEME", "").lower()
    return theme.endswith(("-dark", ":dark"))


def main() -> int:
    """Show the question; the exit status."""
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    if not HAS_TK:
        return NO_WINDOW
    told: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        root = tk.Tk(className="Crashwatch")
    except tk.TclError:
        return NO_WINDOW
    window = Window(root, told, DARK if wants_dark(dict(os.environ)) else LIGHT)
    root.mainloop()
    if window.answer:
        sys.stdout.write(window.answer + "\n")
    return 0


class Window:
    """The question, the page behind "view" and "read", and the one answer.

    Attributes:
        answer: A word of the options, or empty.
    """

    def __init__(
        self, root: Any, told: dict[str, Any], colours: dict[str, str]
    ) -> None:
        self.answer = ""
        self._root = root
        self._told = told
        self._colours = colours
        self._parent = os.getppid()
        self._listening = False
        self._heeds = True
        self._deadline: str | None = None
        self._set_up()
        self._question = self._make_question()
        self._page: Any = None
        self._question.pack(fill="both", expand=True)
        root.after(int(told["settle"] * 1000), self._listen)
        root.after(_PARENT_LOOK_MS, self._look_for_parent)
        self._active()

    def _set_up(self) -> None:
        root, colours = self._root, self._colours
        root.title("crashwatch")
        root.configure(background=colours["back"], padx=24, pady=20)
        root.protocol("WM_DELETE_WINDOW", self._leave)
        root.bind("<Escape>", lambda _: self._back_or_leave())
        root.bind("<Any-KeyPress>", lambda _: self._active())
        root.bind("<Any-ButtonPress>", lambda _: self._active())
        for name, size in (("TkDefaultFont", 11), ("TkTextFont", 11)):
            font.nametofont(name).configure(size=size)
        font.nametofont("TkFixedFont").configure(size=10)
        self._bold = font.nametofont("TkDefaultFont").copy()
        self._bold.configure(weight="bold", size=13)
        em = font.nametofont("TkDefaultFont").measure("m")
        self._wide = min(48 * em, root.winfo_screenwidth() - 80)

    def _listen(self) -> None:
        """From now on keys count: those before were meant for something else."""
        self._entry.delete(0, "end")
        self._listening = True
        self._root.title(self._told["title"])

    def _active(self) -> None:
        """Somebody is there: the time-out begins anew."""
        seconds = self._told["timeout"]
        if self._deadline is not None:
            self._root.after_cancel(self._deadline)
        self._deadline = self._root.after(int(seconds * 1000), self._root.destroy)
        signal.alarm(int(seconds) + _GRACE)

    def _look_for_parent(self) -> None:
        """Without whoever asks, nobody would hear the answer."""
        if os.getppid() != self._parent:
            self._root.destroy()
            return
        self._root.after(_PARENT_LOOK_MS, self._look_for_parent)

    def _make_question(self) -> Any:
        frame = tk.Frame(self._root, background=self._colours["back"])
        frame.columnconfigure(1, weight=1)
        self._label(frame, self._told["headline"], 0, font=self._bold)
        self._label(frame, self._told["state"], 1, pady=(4, 12))
        row = 2
        for name, text in self._told["facts"]:
            quiet = self._text(frame, name, wide=0, colour="quiet")
            quiet.grid(row=row, column=0, sticky="nw", padx=(0, 16), pady=1)
            fact = self._text(frame, text, wide=self._wide - 100)
            fact.grid(row=row, column=1, sticky="nw", pady=1)
            row += 1
        for option in self._told["options"]:
            self._option(frame, option, row)
            row += 1
        self._label(frame, self._told["input"], row, pady=(14, 4))
        self._entry = self._make_entry(frame)
        self._entry.grid(row=row + 1, column=0, columnspan=2, sticky="w")
        self._said = self._text(frame, self._told["said"], wide=self._wide)
        self._said.grid(row=row + 2, column=0, columnspan=2, sticky="w", pady=(6, 0))
        self._entry.focus_set()
        return frame

    def _label(self, frame: Any, text: str, row: int, **more: Any) -> None:
        pady = more.pop("pady", 0)
        label = self._text(frame, text, wide=self._wide, **more)
        label.grid(row=row, column=0, columnspan=2, sticky="w", pady=pady)

    def _text(self, frame: Any, text: str, *, wide: int, **more: Any) -> Any:
        return tk.Label(
            frame,
            text=text,
            wraplength=wide,
            justify="left",
            anchor="w",
            background=self._colours["back"],
            foreground=self._colours[more.pop("colour", "text")],
            **more,
        )

    def _option(self, frame: Any, option: dict[str, str], row: int) -> None:
        """A button as wide as every other, none the default, and what it means."""
        first = row == 2 + len(self._told["facts"])
        space = (16 if first else 3, 3)
        button = self._button(
            frame, f"{option['word'].capitalize()}  ({option['key']})"
        )
        button.configure(command=lambda: self._choose(option["word"]), width=13)
        button.grid(row=row, column=0, sticky="w", pady=space, padx=(0, 16))
        meaning = self._text(frame, option["meaning"], wide=self._wide - 160)
        meaning.grid(row=row, column=1, sticky="w", pady=space)

    def _button(self, frame: Any, text: str) -> Any:
        colours = self._colours
        button = tk.Button(
            frame,
            text=text,
            relief="flat",
            borderwidth=0,
            pady=6,
            background=colours["button"],
            foreground=colours["text"],
            activebackground=colours["over"],
            activeforeground=colours["text"],
            highlightthickness=2,
            highlightbackground=colours["back"],
            highlightcolor=colours["ring"],
        )
        button.bind("<Return>", lambda _: button.invoke())
        return button

    def _make_entry(self, frame: Any) -> Any:
        colours = self._colours
        entry = tk.Entry(
            frame,
            width=20,
            relief="flat",
            background=colours["button"],
            foreground=colours["text"],
            insertbackground=colours["text"],
            highlightthickness=2,
            highlightbackground=colours["quiet"],
            highlightcolor=colours["ring"],
        )
        entry.bind("<Return>", lambda _: self._typed())
        entry.bind("<KP_Enter>", lambda _: self._typed())
        return entry

    def _typed(self) -> None:
        """A line ended by Enter: a key or a word, or none of the answers."""
        word = self._entry.get().strip().lower()
        self._entry.delete(0, "end")
        for option in self._told["options"]:
            if word in (option["key"], option["word"]):
                self._choose(option["word"])
                return
        if word:
            self._said.configure(text=self._told["not_understood"])
        else:
            self._choose(self._told["refusal"])

    def _choose(self, word: str) -> None:
        if not self._listening:
            return
        self._said.configure(text="")
        if word in ("view", "read"):
            self._show(self._told[word])
            return
        if word == self._told["comment"]:
            self._show_comment()
            return
        self.answer = word
        self._root.destroy()

    def _leave(self) -> None:
        """Closing the window is a refusal, at any time."""
        self.answer = self._told["refusal"]
        self._root.destroy()

    def _back_or_leave(self) -> None:
        if not self._heeds:
            return
        if self._page is None:
            self._leave()
        else:
            self._back()

    def _lines(self, page: Any, **more: Any) -> Any:
        """Several lines of text, to read or to write."""
        colours = self._colours
        return tk.Text(
            page,
            background=colours["back"],
            foreground=colours["text"],
            insertbackground=colours["text"],
            highlightthickness=2,
            highlightbackground=colours["quiet"],
            highlightcolor=colours["ring"],
            relief="flat",
            **more,
        )

    def _show_comment(self) -> None:
        """Where the person writes a comment, in place of the question."""
        page = tk.Frame(self._root, background=self._colours["back"])
        for text in self._told["comment_lines"]:
            self._text(page, text, wide=self._wide).pack(anchor="w", pady=(0, 2))
        lines = self._lines(page, width=64, height=6, wrap="word", font="TkTextFont")
        lines.pack(fill="both", expand=True, pady=10)
        done = self._button(page, self._told["comment_done"])
        done.configure(command=lambda: self._comment(lines), padx=12)
        done.pack(side="left")
        back = self._button(page, self._told["back"])
        back.configure(command=self._back, padx=12)
        back.pack(side="left", padx=12)
        beyond = f"1.0 + {self._told['comment_most']} chars"
        lines.bind("<KeyRelease>", lambda _: lines.delete(beyond, "end"))
        for key in ("<Return>", "<KP_Enter>"):
            lines.bind(key, lambda _: self._comment(lines))
        lines.bind("<Tab>", lambda _: _focus(done))
        self._turn_to(page, lines)

    def _comment(self, lines: Any) -> str:
        """Hand it over, and ask about what came of it."""
        typed = json.dumps(lines.get("1.0", "end-1c"))
        sys.stdout.write(f"{self._told['comment']} {typed}\n")
        sys.stdout.flush()
        changed = sys.stdin.readline()
        if not changed:
            self._root.destroy()
            return "break"
        self._told.update(json.loads(changed))
        self._page.destroy()
        self._question.destroy()
        self._page = None
        self._heeds = False
        self._root.focus_set()
        self._root.update()  # what was typed meanwhile is no answer to what comes now
        self._heeds = True
        if not self.answer:  # nobody closed it
            self._question = self._make_question()
            self._show_question()
        return "break"

    def _show(self, text: str) -> None:
        """A page to read in place of the question."""
        colours = self._colours
        page = tk.Frame(self._root, background=colours["back"])
        lines = self._lines(page, width=84, height=30, wrap="char", font="TkFixedFont")
        bar = tk.Scrollbar(
            page,
            command=lines.yview,
            relief="flat",
            background=colours["over"],
            activebackground=colours["quiet"],
            troughcolor=colours["back"],
            highlightthickness=0,
        )
        lines.configure(yscrollcommand=bar.set)
        lines.insert("1.0", text)
        lines.configure(state="disabled")
        back = self._button(page, self._told["back"])
        back.configure(command=self._back, padx=12)
        back.pack(side="bottom", anchor="w", pady=(12, 0))
        bar.pack(side="right", fill="y")
        lines.pack(side="left", fill="both", expand=True)
        # Keys scroll what is read; a Text that may not be edited takes them only so.
        for key, rows in (
            ("<Down>", 1),
            ("<Up>", -1),
            ("<Next>", 25),
            ("<Prior>", -25),
        ):
            lines.bind(key, _scroll(lines, rows))
        lines.bind("<Tab>", lambda _: _focus(back))
        self._turn_to(page, lines)

    def _turn_to(self, page: Any, lines: Any) -> None:
        self._question.pack_forget()
        page.pack(fill="both", expand=True)
        self._root.update_idletasks()  # what is not mapped yet gets no keys
        lines.focus_set()
        self._page = page

    def _back(self) -> None:
        self._page.destroy()
        self._page = None
        self._show_question()

    def _show_question(self) -> None:
        self._question.pack(fill="both", expand=True)
        self._root.update_idletasks()
        self._entry.focus_set()


def _scroll(lines: Any, rows: int) -> Any:
    def scroll(_: Any) -> str:
        lines.yview_scroll(rows, "units")
        return "break"

    return scroll


def _focus(widget: Any) -> str:
    widget.focus_set()
    return "break"


if __name__ == "__main__":
    sys.exit(main())
