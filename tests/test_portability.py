"""On the sample digits: what is compared comes out the same however a run rounds."""

import pytest
from portable import NOTEBOOKS, SETTINGS, compared, execute


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_setting_gives_the_compared_outputs_and_the_notebook_stays(
    path, tmp_path
):
    found = []
    for setting in SETTINGS:
        notebook = execute(path.stem, setting, tmp_path / setting, "sample")
        found.append(compared(notebook))
        copy = tmp_path / setting / "notebooks" / path.name
        assert copy.read_bytes() == path.read_bytes()
        assert [each.name for each in copy.parents[1].glob("reports/*")] == ["sample"]
        top = notebook.cells[0].outputs[0].data["text/markdown"]
        assert "(sample data)" in top.splitlines()[0]
        assert "not MNIST" in top
    assert found[0] == found[1] == found[2]
    assert any(found[0].values())
