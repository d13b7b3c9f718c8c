"""One word for one thing: the glossary has them, the code uses them."""

import ast
import pathlib
import re

import pytest

PRODUCT = pathlib.Path(__file__).parents[3] / "concertim_api"
INNER = ("domain", "services")

#: The name of an error says what is wrong, not what it is.
ERRORS = (
    *("NotFound", "CloudRefused", "Unauthenticated", "Conflict", "Invalid"),
    *("Gone", "Unavailable", "Busy", "Unasked", "Unanswered"),
    "LoginRefused",
    *("NotAllowed", "NotConfigured", "NotLetIn", "NotListed"),
    *("Stopped", "Ambiguous", "Archived"),
    *("FrontEndRefused", "FrontEndMissing", "FrontEndBroken"),
    *("FrontEndAway", "FrontEndUnsure", "PrerequisiteMissing"),
    *("BillingAway", "BillingRefused"),
)

#: Public classes whose names end in no word of the glossary, and why.
EXCEPTIONS = dict.fromkeys(ERRORS, "an error")

PACKAGES = sorted(
    path.parent
    for layer in INNER
    for path in (PRODUCT / layer).rglob("__init__.py")
)


@pytest.fixture(scope="module")
def glossary(pages):
    """Return the definitions, by word: those of users, and the others."""
    return entries(pages["user/glossary"] + pages["contributor/glossary"])


def entries(page):
    return {
        word: " ".join(text.split())
        for word, text in re.findall(
            r"^   (\S.*)\n((?:      \S.*\n)+)", page, re.MULTILINE
        )
    }


def singular(word):
    """Return a noun without the ending of its plural."""
    for ending, other in (("ies", "y"), ("shes", "sh"), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss"):
            return word.removesuffix(ending) + other
    return word


def heads(name):
    """Return the nouns that a class's name may end in, the longest first."""
    parts = [part.lower() for part in re.findall(r"[A-Z][a-z]*", name)]
    suffixes = [parts[n:] for n in range(len(parts))]
    nouns = [" ".join([*s[:-1], noun]) for s in suffixes for noun in (s[-1],)]
    return [*nouns, *map(singular, nouns)]


def classes(package):
    """Yield the names of a package's public classes."""
    for path in package.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name[0] != "_":
                yield node.name


def test_a_word_of_users_is_linked_where_they_meet_it(pages):
    links = {
        " ".join(target.split())
        for name, text in pages.items()
        if re.match("overview|user/|admin/", name) and name != "user/glossary"
        for target in re.findall(r":term:`(?:[^`<]*<)?([^`>]+)>?`", text)
    }
    assert [*entries(pages["user/glossary"])] == sorted(links)


def test_a_definition_is_a_sentence(glossary):
    for word, text in glossary.items():
        assert re.fullmatch(r"[A-Z0-9\[].*\.", text), word
        assert len(text.split()) >= 4, word


@pytest.mark.parametrize(
    "package", PACKAGES, ids=lambda path: str(path.relative_to(PRODUCT))
)
class TestPackage:
    def test_its_words_are_in_the_glossary(self, glossary, package):
        tree = ast.parse((package / "__init__.py").read_text())
        text = ast.get_docstring(tree) or ""
        assert len(text.splitlines()) <= 9, "five lines, and the words"
        _, mark, words = text.rpartition("Words: ")
        assert mark, "it names its words"
        words = re.sub(r"\s+", " ", words).removesuffix(".").split(", ")
        assert [word for word in words if word not in glossary] == []

    def test_each_class_is_named_by_one(self, glossary, package):
        assert [
            name
            for name in classes(package)
            if name not in EXCEPTIONS
            and not any(head in glossary for head in heads(name))
        ] == []


def test_no_two_classes_have_one_name():
    names = [name for package in PACKAGES for name in classes(package)]
    assert sorted({n for n in names if names.count(n) > 1}) == []


def test_the_exceptions_are_needed(glossary):
    names = {name for package in PACKAGES for name in classes(package)}
    for name in EXCEPTIONS:
        assert name in names
        assert not any(head in glossary for head in heads(name)), name


#: What a name never is: a participle or a pronoun.
NO_NOUNS = frozenset(
    (
        *("asked", "called", "found", "given", "held", "its", "known", "one"),
        *("own", "said", "taken", "told", "wanted"),
        *("what", "which", "who", "whose"),
    )
)

#: Where such a word is part of what is published: counts of observations that
#: were *new* or *known* to the API and to Prometheus.
PUBLISHED = {
    ("api/controllers/v1/dead_letters.py", "known"),
    ("listener/intake.py", "known"),
    ("services/ledger/dead_letters.py", "known"),
    ("services/ledger/recorder.py", "known"),
}


def names(tree):
    """Yield the names that code gives: variables, parameters, attributes."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr
            case ast.arg():
                yield node.arg


def test_a_name_is_a_noun():
    """A migration is never edited; the simulator keeps its older names."""
    bad = {
        (str(path.relative_to(PRODUCT)), name)
        for path in PRODUCT.rglob("*.py")
        if not {"versions", "simulator"} & set(path.parts)
        for name in names(ast.parse(path.read_text()))
        if name.strip("_") in NO_NOUNS
    }
    assert sorted(bad - PUBLISHED) == []
