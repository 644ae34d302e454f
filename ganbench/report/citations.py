"""Where the metrics come from, for the reference list of a paper."""

from collections.abc import Iterable

from ganbench.record import Score

JACKKNIFE = "shao1995"
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
    "chong2020": """@inproceedings{chong2020,
  title = {Effectively Unbiased {FID} and {Inception Score} and Where to Find Them},
  author = {Chong, Min Jin and Forsyth, David},
  booktitle = {IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  year = {2020}
}""",
    "veeramacheneni2025": """@inproceedings{veeramacheneni2025,
  title = {{Fr{\\'e}chet} Wavelet Distance: A Domain-Agnostic Metric for Image Generation},
  author = {Veeramacheneni, Lokesh and Wolter, Moritz and Kuehne, Hildegard and Gall, Juergen},
  booktitle = {International Conference on Learning Representations},
  year = {2025}
}""",
    "zhu2017": """@inproceedings{zhu2017,
  title = {Unpaired Image-to-Image Translation Using Cycle-Consistent Adversarial Networks},
  author = {Zhu, Jun-Yan and Park, Taesung and Isola, Phillip and Efros, Alexei A.},
  booktitle = {IEEE International Conference on Computer Vision},
  year = {2017}
}""",
    "shao1995": """@book{shao1995,
  title = {The Jackknife and Bootstrap},
  author = {Shao, Jun and Tu, Dongsheng},
  publisher = {Springer},
  year = {1995}
}""",
    "odena2016": """@article{odena2016,
  title = {Deconvolution and Checkerboard Artifacts},
  author = {Odena, Augustus and Dumoulin, Vincent and Olah, Chris},
  journal = {Distill},
  year = {2016}
}""",
    "tan2019": """@inproceedings{tan2019,
  title = {{EfficientNet}: Rethinking Model Scaling for Convolutional Neural Networks},
  author = {Tan, Mingxing and Le, Quoc V.},
  booktitle = {International Conference on Machine Learning},
  year = {2019}
}""",
    "oquab2023": """@article{oquab2023,
  title = {{DINOv2}: Learning Robust Visual Features without Supervision},
  author = {Oquab, Maxime and others},
  journal = {arXiv preprint arXiv:2304.07193},
  year = {2023}
}""",
    "stein2023": """@inproceedings{stein2023,
  title = {Exposing Flaws of Generative Model Evaluation Metrics and Their Unfair Treatment of
           Diffusion Models},
  author = {Stein, George and Cresswell, Jesse C. and Hosseinzadeh, Rasa and Sui, Yi
            and Ross, Brendan Leigh and Villecroze, Valentin and Liu, Zhaoyan
            and Caterini, Anthony L. and Taylor, J. Eric T. and Loaiza-Ganem, Gabriel},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2023}
}""",
}
_SEEN_THROUGH = {  # beginning of an extractor's name -> the papers of its network
    "Lite": ("tan2019",),
    "DINOv2": ("oquab2023", "stein2023"),
}
_DEFINED_BY = {  # a metric's key, less what names the network -> the papers that defined it
    "fid": ("heusel2017",),
    "fd": ("heusel2017",),
    "kid": ("binkowski2018",),
    "kd": ("binkowski2018",),
    "mifid": ("heusel2017", "bai2021"),
    "mifd": ("heusel2017", "bai2021"),
    "fwd": ("veeramacheneni2025",),
    "fid_infinity": ("heusel2017", "chong2020"),
    "fd_infinity": ("heusel2017", "chong2020"),
    "is": ("salimans2016",),
    "precision": ("kynkaanniemi2019",),
    "recall": ("kynkaanniemi2019",),
    "density": ("naeem2020",),
    "coverage": ("naeem2020",),
    "cycle_error": ("zhu2017",),
    "memorization_distance": ("bai2021",),
    "mesh": ("odena2016",),
}


def bibtex(metrics: Iterable[Score]) -> str:
    """Entries for the metrics used, what they look through, and their errors, each once."""
    return "\n\n".join(_ENTRIES[key] for key in keys(metrics))


def keys(metrics: Iterable[Score]) -> list[str]:
    """Keys of those entries, in their order."""
    used = list(metrics)
    found = [entry for score in used for entry in papers(score)]
    if any(score.error is not None for score in used):
        found.append(JACKKNIFE)
    return list(dict.fromkeys(found))


def papers(score: Score) -> tuple[str, ...]:
    """Keys of the papers of one metric and of the network that it looks through."""
    return (*_papers(score.metric), *_network(score))


def _network(score: Score) -> tuple[str, ...]:
    extractor = str(score.protocol.get("extractor", ""))
    return next((ps for name, ps in _SEEN_THROUGH.items() if extractor.startswith(name)), ())


def _papers(key: str) -> tuple[str, ...]:
    """Papers of `fid`, or of `random_inception_fd`: the longest ending that is known."""
    endings = [name for name in _DEFINED_BY if key == name or key.endswith(f"_{name}")]
    return _DEFINED_BY[max(endings, key=len)] if endings else ()
