"""A small grammar that writes captions whose content is known.

It stands in for real captions where there is no network. Two words have two
meanings each: "bank" (of a river, with money) and "orange" (a fruit, a
colour). Who does what to whom depends on word order alone: "a dog bites a
man", "a man bites a dog".
"""

import random

FACTS = ("who", "what", "where", "colour", "number")
PLURAL = {
    "man": "men", "woman": "women", "boy": "boys", "girl": "girls",
    "dog": "dogs", "cat": "cats", "horse": "horses", "bird": "birds",
}  # fmt: skip
PEOPLE, ANIMALS = list(PLURAL)[:4], list(PLURAL)[4:]
NUMBERS = {"a": "one", "an": "one", "one": "one", "two": "two",
           "three": "three", "four": "four", "five": "many",
           "several": "many", "many": "many", "group": "many",
           "people": "many", "crowd": "many"}  # fmt: skip
COLOURS = ("black", "white", "brown", "grey", "orange",  # coats of animals
           "red", "blue", "green", "yellow", "pink")  # fmt: skip
WEAR = {
    "man": ["shirt", "coat", "suit", "tie", "hat", "helmet"],
    "woman": ["dress", "skirt", "coat", "blouse", "hat", "scarf"],
    "boy": ["shirt", "cap", "jacket", "sweater", "shorts"],
    "girl": ["dress", "skirt", "jacket", "sweater", "ribbon"],
}
ADULT = ["reads a newspaper", "drives a truck", "drinks coffee",
         "fixes a roof", "plays the guitar", "cooks dinner", "rides a bike",
         "takes a picture", "paints a wall", "talks on a phone"]  # fmt: skip
YOUNG = ["throws a ball", "flies a kite", "plays with a toy", "eats cake",
         "climbs a tree", "rides a bike", "blows bubbles", "builds a castle",
         "jumps over a puddle", "draws a picture"]  # fmt: skip
BEAST = ["runs", "sleeps", "jumps", "eats", "drinks", "waits", "plays",
         "walks", "hides"]  # fmt: skip
ALONE = ["stands", "sits", "walks", "runs", "waits", "smiles", "sings",
         "dances"]  # fmt: skip
PLACES = {
    "street": "on the street", "beach": "on the beach",
    "park": "in the park", "kitchen": "in the kitchen",
    "snow": "in the snow", "grass": "on the grass", "field": "in a field",
    "river": "near the river", "market": "at the market",
    "station": "at the station", "garden": "in the garden",
    "mountain": "on a mountain", "building": "outside a building",
}  # fmt: skip
TO = ["bites", "chases", "watches", "follows", "greets", "pushes", "carries",
      "feeds"]  # fmt: skip
BANK = {
    "river": (["fishes", "swims", "rows a boat", "sits by the water",
               "catches a fish"], ["on the bank", "near the bank"]),
    "bank": (["counts money", "pays a bill", "opens an account",
              "waits in line", "cashes a check"], ["in the bank"]),
}  # fmt: skip
ORANGE = ["eats an orange", "peels an orange", "buys an orange"]

RULES = {
    "who": {form: name for pair in PLURAL.items() for form in pair
            for name in pair[:1]}
    | {"lady": "woman", "guy": "man", "child": "child", "children": "child",
       "kids": "child", "baby": "child"},
    "what": {form: name for name, forms in {
        "run": "runs running run", "sit": "sits sitting sit",
        "walk": "walks walking walk", "play": "plays playing play",
        "stand": "stands standing stand", "jump": "jumps jumping jump",
        "ride": "rides riding ride", "eat": "eats eating eat",
        "talk": "talks talking talk", "watch": "watches watching watch",
    }.items() for form in forms.split()},
    "where": {place: place for place in PLACES}
    | {"water": "water", "pool": "water", "stage": "stage", "city": "street",
       "sidewalk": "street", "sand": "beach", "road": "street"},
    "colour": {colour: colour for colour in COLOURS},
    "number": NUMBERS,
}  # fmt: skip


def write(count=8000, max_words=10, seed=0):
    """Return `count` distinct pairs (words, facts), the same for a seed."""
    rng, written = random.Random(seed), {}
    tries = 0
    while len(written) < count and tries < 50 * count:
        tries += 1
        words, said = _sentence(rng)
        if len(words) <= max_words:
            written[tuple(words)] = dict.fromkeys(FACTS, "") | said
    pairs = [(list(words), said) for words, said in written.items()]
    rng.shuffle(pairs)  # rare kinds of sentence came last
    return pairs


def _sentence(rng):
    kinds = (_person, _person, _animal, _pair, _pair, _bank, _orange)
    text, said = rng.choice(kinds)(rng)
    words = text.split()
    for i, word in enumerate(words[1:]):
        if words[i] == "a" and word[0] in "aeiou":
            words[i] = "an"
    return words, said


def _person(rng):
    """A man in a red coat drives a truck on the street."""
    text, said, number = _dressed(rng, 0.6)
    told = ADULT if said["who"] in ("man", "woman") else YOUNG
    said["what"] = rng.choice(told if rng.random() < 0.7 else ALONE)
    return _place(rng, f"{text} {_agree(said['what'], number)}", said)


def _animal(rng):
    """Two brown dogs run in the snow."""
    who, number = rng.choice(ANIMALS), _number(rng)
    said = {"who": who, "number": NUMBERS[number]}
    said |= {"what": rng.choice(BEAST), "colour": rng.choice(COLOURS[:5])}
    name = who if number == "a" else PLURAL[who]
    verb = _agree(said["what"], number)
    return _place(rng, f"{number} {said['colour']} {name} {verb}", said)


def _pair(rng):
    """A dog bites a man."""
    one, other = rng.sample(PEOPLE + ANIMALS[:3], 2)
    said = {"who": one, "number": "one", "what": rng.choice(TO)}
    owner = f"a {one}"
    if rng.random() < 0.5:
        animal = one in ANIMALS
        said["colour"] = rng.choice(COLOURS[:5] if animal else COLOURS)
        colour = said["colour"]
        owner = f"a {colour} {one}" if animal else f"a {one} in {colour}"
    return _place(rng, f"{owner} {said['what']} a {other}", said)


def _bank(rng):
    """A woman counts money in the bank, or fishes on a river's bank."""
    text, said, number = _dressed(rng, 0.7)
    said["where"] = rng.choice(list(BANK))
    told, places = BANK[said["where"]]
    said["what"] = rng.choice(told)
    verb = _agree(said["what"], number)
    return f"{text} {verb} {rng.choice(places)}", said


def _orange(rng):
    """A boy in a red cap peels an orange: a fruit here, else a colour."""
    text, said, number = _dressed(rng, 0.7)
    said["what"] = rng.choice(ORANGE)
    return _place(rng, f"{text} {_agree(said['what'], number)}", said)


def _dressed(rng, share):
    """Return a person's name, a share of them dressed, and what it says."""
    who, number = rng.choice(PEOPLE), _number(rng)
    said = {"who": who, "number": NUMBERS[number]}
    text = f"{number} {who if number == 'a' else PLURAL[who]}"
    if rng.random() < share:
        said["colour"] = rng.choice(COLOURS)
        worn = f"a {said['colour']} {rng.choice(WEAR[who])}"
        text += f" in {worn if number == 'a' else said['colour']}"
    return text, said, number


def _number(rng):
    return rng.choice(["a", "a", "a", "two", "three", "several"])


def _agree(what, number):
    """One man runs, two men run."""
    verb, *rest = what.split()
    if number == "a":
        return what
    if verb.endswith("ies"):
        verb = verb[:-3] + "y"
    elif verb.endswith(("shes", "ches", "xes")):
        verb = verb[:-2]
    else:
        verb = verb.removesuffix("s")
    return " ".join([verb, *rest])


def _place(rng, text, said):
    if rng.random() < 0.75:
        said["where"] = rng.choice(list(PLACES))
        text += f" {PLACES[said['where']]}"
    return text, said
