"""What speaks for frustration, and how strongly. Written by `python -m bench.fit_frustration --write`."""

BIAS = -1.77
WEIGHTS = {
    "all in capitals": -0.16,
    "angry face": 0.2,
    "bang": 0.66,
    "doubt": 0.49,
    "frown": 1.03,
    "glad face": -1.1,
    "length": 2.04,
    "phrases": 1.47,
    "question": -0.62,
    "smile": -0.9,
    "some in capitals": 0.03,
    "spans": 1.68,
    "trail": 0.45,
}
