"""A test of a training script and its handlers, with the pytest fixture: no shell, no `env`.

pytest docs/examples/test_weather.py
"""

from pathlib import Path

SOURCE = Path(__file__).parent / "weather"


def test_what_is_trained_tells_a_storm(local_sagemaker):
    model = local_sagemaker.train(SOURCE, channels={"train": SOURCE / "readings.csv"})
    with local_sagemaker.deploy(model) as endpoint:
        assert endpoint.invoke("10.0,985.0\n20.0,1022.0", accept="text/csv").split() == ["1", "0"]
