"""Figures and page of data that is not like 20 Newsgroups: two categories, a hundred, one without test records."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from pipeline.report.figures.analysis import Analysis, Source, analyse
from pipeline.report.output import metrics, page, predictions
from pipeline.report.plots import figure_files
from pipeline.report.plots.curve_plots import roc_plot
from pipeline.report.plots.drawing import draw, n_plots
from pipeline.report.plots.score_plots import confusion_plots, scores_by_category
from pipeline.report.plots.style import Plot, house_style
from tests.pipeline.report.conftest import FACTS, ODD_NAME, silently
from tests.pipeline.report.fitting import STOP_WORDS, fit, split, topics
from tests.pipeline.report.fitting import predictions as answers


def of_topics(directory: Path, n_categories: int, n_texts: int) -> Analysis:
    texts, categories = topics(n_categories, n_texts)
    model = fit(directory, texts, categories).model
    train, test = split(model, texts, categories), split(model, *topics(n_categories, n_texts // 3, seed=2))
    return analyse(FACTS, Source(model, train, test, STOP_WORDS, answers(model, test.texts), 0.01), silently)


@pytest.fixture(scope="module")
def figures(analysis: Analysis, tmp_path_factory: pytest.TempPathFactory) -> list[figure_files.PageFigure]:
    directory = tmp_path_factory.mktemp("figures")
    drawn = [figure_files.write(plot, directory) for plot in draw(analysis)]
    assert {path.name for path in directory.iterdir()} == {
        f"{figure.name}.{form}" for figure in drawn for form in ("png", "svg")
    }
    return drawn


class Page(HTMLParser):
    """What a page holds."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("href", "src", "xlink:href") and value:
                self.links.append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.long
def test_page_holds_everything_once_and_links_to_itself_alone(
    analysis: Analysis, figures: list[figure_files.PageFigure]
) -> None:
    found = Page(page.render(analysis, figures))
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links if not link.startswith("data:")} <= set(found.ids)
    assert len(figures) == n_plots(analysis)


def test_names_are_only_text(analysis: Analysis, figures: list[figure_files.PageFigure]) -> None:
    found = Page(page.render(analysis, figures))
    assert "b" not in found.tags
    assert ODD_NAME in found.text
    drawn = next(figure.svg for figure in figures if figure.name == "records")
    assert "R&amp;D &lt;b&gt;$1/$2&lt;/b&gt;" in drawn


def test_category_without_test_records_is_shown_as_such(
    analysis: Analysis, figures: list[figure_files.PageFigure]
) -> None:
    found = Page(page.render(analysis, figures))
    assert "No test records: category 003." in found.text
    assert found.text.count("no test records") >= 2
    roc = next(figure.svg for figure in figures if figure.name == "roc")
    assert len(re.findall(r"AUC \d\.\d{3}<", roc)) == 3
    assert metrics.plain(analysis)["curves"]["per_category"]["category 003"] is None


def test_figures_take_the_pages_colours(figures: list[figure_files.PageFigure]) -> None:
    for figure in figures:
        assert "var(--ink)" in figure.svg or figure.name.startswith("cloud")
        assert "#1b1f24" not in figure.svg


def test_predictions_stand_in_the_order_of_the_records(analysis: Analysis, source: Source, tmp_path: Path) -> None:
    predictions.write(analysis, tmp_path / "predictions.csv")
    lines = (tmp_path / "predictions.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split(",") == list(predictions.COLUMNS)
    named = [line.split(",")[2] for line in lines[1:]]
    assert named == [answer.category for answer in source.answers]


def test_two_categories_make_a_report(tmp_path: Path) -> None:
    found = of_topics(tmp_path, 2, 30)
    with house_style():
        for plot in [*confusion_plots(found.model.confusion, found.categories, found.families)]:
            texts = texts_of(plot)
            assert texts.count("category 000") == 2
        roc = roc_plot(found.categories, found.model.curves, found.model.one_vs_rest)
    assert len([text for text in texts_of(roc) if text.startswith("AUC")]) == 2


@pytest.mark.long
def test_a_hundred_categories_each_have_their_place(tmp_path: Path) -> None:
    found = of_topics(tmp_path, 100, 6)
    with house_style():
        matrix, _ = confusion_plots(found.model.confusion, found.categories, found.families)
        roc = roc_plot(found.categories, found.model.curves, found.model.one_vs_rest)
        dots = scores_by_category(found.model.scores.per_category)
    for plot, times in ((matrix, 2), (roc, 1), (dots, 1)):
        texts = texts_of(plot)
        assert all(texts.count(name) == times for name in found.categories)
    assert not any(text.isdecimal() for text in texts_of(matrix))
    height = roc.figure.get_figheight()
    assert height / 20 > 1.2


def texts_of(plot: Plot) -> list[str]:
    """Return what is written in a figure, as its SVG has it."""
    content = io.StringIO()
    with house_style():
        plot.figure.savefig(content, format="svg")
    return re.findall(r"<text[^>]*>([^<]*)</text>", content.getvalue())


def test_text_in_a_figure_keeps_its_digits() -> None:
    svg = '<?xml?><svg width="9" viewBox="0 0 9 9"><g id="a"><text x="1.23456">0.123456</text></g></svg>'
    assert figure_files.inline(svg, "name") == (
        '<svg viewBox="0 0 9 9" aria-hidden="true" focusable="false"><g ><text x="1.23">0.123456</text></g></svg>'
    )


def test_light_and_dark_paper_both_show_the_lines() -> None:
    def contrast(one: str, other: str) -> float:
        lights = sorted((luminance(one), luminance(other)), reverse=True)
        return (lights[0] + 0.05) / (lights[1] + 0.05)

    css = (Path(page.__file__).parent / "template" / "page.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): light-dark\((.*)\);", css))
    paper = colours["paper"].split(", ")
    for name in ("blue", "orange", "green", "purple", "ink", "quiet", "accent", "bad"):
        for mode in (0, 1):
            assert contrast(colours[name].split(", ")[mode], paper[mode]) >= 3, (name, mode)


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance of `#rrggbb`."""
    channels = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
