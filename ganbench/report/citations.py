"""Where the metrics come from, for the reference list of a paper."""

from collections.abc import Iterable

_ENTRIES = {
    "heusel2017": """@inproceedings{heusel2017,
  title = {{GANs} Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium},
  author = {Heusel, Martin and Ramsauer, Hubert and Unterthiner, Thomas and Nessler, Bernhard
            and Hochreiter, Sepp},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2017}
}""",
    "bai2021": """@inproceedings{bai2021,
  title = {On Training Sample Memorization: Lessons from Benchmarking Generative Modeling
           with a Large-scale Competition},
  author = {Bai, Ching-Yuan and Lin, Hsuan-Tien and Raffel, Colin and Kan, Wendy Chi-wen},
  booktitle = {ACM SIGKDD Conference on Knowledge Discovery and Data Mining},
  year = {2021}
}""",
    "binkowski2018": """@inproceedings{binkowski2018,
  title = {Demystifying {MMD} {GANs}},
  author = {Bi{\\'n}kowski, Miko{\\l}aj and Sutherland, Danica J. and Arbel, Michael
            and Gretton, Arthur},
  booktitle = {International Conference on Learning Representations},
  year = {2018}
}""",
    "salimans2016": """@inproceedings{salimans2016,
  title = {Improved Techniques for Training {GANs}},
  author = {Salimans, Tim and Goodfellow, Ian and Zaremba, Wojciech and Cheung, Vicki
            and Radford, Alec and Chen, Xi},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2016}
}""",
    "kynkaanniemi2019": """@inproceedings{kynkaanniemi2019,
  title = {Improved Precision and Recall Metric for Assessing Generative Models},
  author = {Kynk{\\"a}{\\"a}nniemi, Tuomas and Karras, Tero and Laine, Samuli
            and Lehtinen, Jaakko and Aila, Timo},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2019}
}""",
    "naeem2020": """@inproceedings{naeem2020,
  title = {Reliable Fidelity and Diversity Metrics for Generative Models},
  author = {Naeem, Muhammad Ferjad and Oh, Seong Joon and Uh, Youngjung and Choi, Yunjey
            and Yoo, Jaejun},
  booktitle = {International Conference on Machine Learning},
  year = {2020}
}""",
}
_BY_NAME = {  # what a metric's key contains -> the paper that defined it
    "mifid": "bai2021",
    "fid": "heusel2017",
    "_fd": "heusel2017",
    "kid": "binkowski2018",
    "inception_score": "salimans2016",
    "precision": "kynkaanniemi2019",
    "recall": "kynkaanniemi2019",
    "density": "naeem2020",
    "coverage": "naeem2020",
}


def bibtex(metrics: Iterable[str]) -> str:
    """Entries for the metrics used, each once."""
    keys = [
        entry for metric in metrics for part, entry in _BY_NAME.items() if part in metric.lower()
    ]
    return "\n\n".join(_ENTRIES[key] for key in dict.fromkeys(keys))
