import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.publish.names import Name, is_group, parse_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Mathilde Caron", Name("Caron", "Mathilde")),
        ("  Kaiming   He ", Name("He", "Kaiming")),
        ("Philips Kokoh Prasetyo", Name("Prasetyo", "Philips Kokoh")),
        ("Laurens van der Maaten", Name("Maaten", "Laurens", "van der")),
        ("Aäron van den Oord", Name("Oord", "Aäron", "van den")),
        ("Charles de la Vallée Poussin", Name("Vallée Poussin", "Charles", "de la")),
        ("Martin Luther King Jr.", Name("King", "Martin Luther", suffix="Jr.")),
        ("William Gates III", Name("Gates", "William", suffix="III")),
        ("Malcolm IV", Name("IV", "Malcolm")),
        ("van der Maaten, Laurens", Name("Maaten", "Laurens", "van der")),
        ("King, Jr., Martin Luther", Name("King", "Martin Luther", suffix="Jr.")),
        ("Martin Luther King, Jr.", Name("King", "Martin Luther", suffix="Jr.")),
        ("Plato, Jr.", Name(literal="Plato, Jr.")),
        ("Dewey, Cheatem, Howe, Partners", Name(literal="Dewey, Cheatem, Howe, Partners")),
        ("Caron,", Name(literal="Caron,")),
        ("Plato", Name(literal="Plato")),
        ("何恺明", Name(literal="何恺明")),
        ("The Qwen Team", Name(literal="The Qwen Team")),
        ("Gemini Team", Name(literal="Gemini Team")),
        ("Meta AI", Name(literal="Meta AI")),
        ("bell hooks", Name("hooks", "bell")),
        ("de groot", Name("groot", "de")),
        ("van der, Ada", Name("der", "Ada", "van")),
    ],
)
def test_a_name_falls_into_its_parts(text: str, name: Name):
    assert parse_name(text) == name


def test_a_group_is_known_by_its_words():
    assert [is_group(text) for text in ("The Editors", "Google Research", "DeepSeek-AI")] == [True, True, True]
    assert [is_group(text) for text in ("Theo Team-Smith", "Team Smith", "Ada")] == [False, False, False]


@given(st.text().filter(str.strip))
def test_any_text_gives_a_family_name_and_a_given_one_or_stays_whole(text: str):
    name = parse_name(text)
    if name.literal:
        assert name == Name(literal=" ".join(text.split()))
    else:
        assert name.family
        assert name.given
