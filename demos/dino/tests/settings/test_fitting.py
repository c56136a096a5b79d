"""What no user set is fitted to what one did; what a user set is never touched."""

from typing import Any

import pytest

from dino.auto import GREY_MEAN, GREY_STD
from dino.config import SETTINGS
from dino.errors import CommandError
from dino.settings import Source, preset_source, resolve


def flags(**values: Any) -> Source:
    return Source("flag", values)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_other_channels_have_the_average_of_the_default_means_as_auto_has(channels: int) -> None:
    settings = resolve(flags(channels=channels))
    assert (settings.config.data.mean, settings.config.data.std) == ((GREY_MEAN,), (GREY_STD,))
    assert (settings.origins["mean"], settings.origins["std"]) == ("fitted to channels", "fitted to channels")


def test_a_presets_own_mean_is_averaged() -> None:
    assert resolve(preset_source("cifar"), flags(channels=1)).config.data.mean == (0.473,)


def test_a_mean_that_was_set_stays_and_the_deviation_fits() -> None:
    settings = resolve(flags(channels=1, mean=[0.2]))
    assert (settings.config.data.mean, settings.origins["mean"]) == ((0.2,), "flag")
    assert (settings.config.data.std, settings.origins["std"]) == ((GREY_STD,), "fitted to channels")


def test_a_mean_that_was_set_wrongly_is_a_mistake() -> None:
    with pytest.raises(CommandError, match="mean has 2 values for images of 1 channel; write one"):
        resolve(flags(channels=1, mean=[0.2, 0.3]))


@pytest.mark.parametrize(("epochs", "warmups"), [(2, (1, 1)), (9, (1, 2)), (10, (10, 10)), (50, (10, 10))])
def test_the_warm_ups_of_a_preset_are_shortened_where_the_run_is_shorter(epochs: int, warmups: tuple[int, int]) -> None:
    settings = resolve(preset_source("cifar"), flags(epochs=epochs))
    found = settings.config.optim.warmup_epochs, settings.config.loss.warmup_teacher_temp_epochs
    assert found == warmups
    shortened = {name for name, origin in settings.origins.items() if origin == "shortened to fit epochs"}
    assert shortened == {
        name for name, after in zip(("warmup_epochs", "warmup_teacher_temp_epochs"), warmups, strict=True) if after < 10
    }


def test_the_default_warm_up_is_shortened_too() -> None:
    assert resolve(flags(epochs=9)).config.optim.warmup_epochs == 1


def test_a_warm_up_that_was_set_is_a_mistake_that_names_both_flags() -> None:
    with pytest.raises(CommandError, match=r"warmup_epochs is 5, more than .* lower --warmup-epochs or raise --epochs"):
        resolve(preset_source("laptop"), flags(epochs=2, warmup_epochs=5))


def test_a_file_is_the_users_word_and_a_later_preset_is_not() -> None:
    file = Source("mine.toml", {"warmup_epochs": 5})
    with pytest.raises(CommandError, match=r"mine\.toml: warmup_epochs is 5"):
        resolve(file, flags(epochs=2))
    assert resolve(file, preset_source("laptop"), flags(epochs=1)).config.optim.warmup_epochs == 1


@pytest.mark.parametrize(
    ("given", "origin"),
    [({"backbone": "timm:resnet18"}, "fitted to backbone"), ({"patch_size": 7}, "fitted to patch_size")],
)
def test_a_presets_stem_gives_way_to_a_network_or_patches_that_cannot_have_it(
    given: dict[str, Any], origin: str
) -> None:
    settings = resolve(preset_source("laptop"), flags(**given))
    assert (settings.config.model.stem, settings.origins["stem"]) == ("patch", origin)
    with pytest.raises(CommandError, match="stem"):
        resolve(flags(stem="conv", **given))


def test_nothing_is_fitted_where_everything_fits() -> None:
    assert set(resolve(flags(epochs=10)).origins.values()) == {"default", "flag"}
    assert len(SETTINGS) == len(resolve().origins)


def test_a_batch_that_nobody_set_is_made_one_of_equal_parts() -> None:
    settings = resolve(preset_source("laptop"), flags(accumulate=7))
    assert settings.config.optim.batch_size % 7 == 0
    assert settings.origins["batch_size"] == "a multiple of accumulate"
    with pytest.raises(CommandError, match="accumulate is 7, which does not divide the batch of 64"):
        resolve(flags(accumulate=7, batch_size=64))
