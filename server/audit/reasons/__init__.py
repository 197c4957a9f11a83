"""The parts of `rationale.py`: what a reason claims, what is true of its proposal, and what of the claims is false.

One way, each module importing those before it:

    text      tokens → claims → comparisons, mentions → utterance     (words: the closed lists that they read by)
    truth     facts → ground_truth
    verdict   pairs, gaps → falsehoods, and then `rationale.examine`
"""
