"""What speaks for frustration, and how strongly. Written by `python -m bench.fit_frustration --write`."""

BIAS = -1.75
WEIGHTS = {
    "all in capitals": -0.18,
    "angry face": 0.2,
    "bang": 0.7,
    "doubt": 0.68,
    "frown": 1.01,
    "glad face": -1.11,
    "length": 2.05,
    "phrases": 1.5,
    "question": -0.74,
    "smile": -0.9,
    "some in capitals": 0.06,
    "spans": 1.63,
    "trail": 0.46,
}
