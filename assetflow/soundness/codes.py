"""Every code under which a problem of a workflow file is reported, each with its one line.

``docs/workflow-problems.md`` has a section on each, ``docs/scenario-problems.md`` on what only a
file of scenarios can have. A code is for ever: people look it up and programs compare it.
"""

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    # The file
    "unreadable": "The file cannot be opened.",
    "not-utf8": "The file is not UTF-8 text.",
    "bad-character": "A character stands here that text cannot hold.",
    "too-large": "The file is over 256 KB.",
    "too-many-entries": "The file has over 20,000 entries.",
    "too-deep": "Entries are nested over 20 deep.",
    "empty": "The file says nothing.",
    "second-document": "The file holds a second YAML document.",
    # YAML
    "yaml-syntax": "The line is not YAML.",
    "yaml-trap": "The value can be read in more than one way.",
    "duplicate-key": "The same name stands twice in one group.",
    "key-not-text": "The name before a colon is not plain text.",
    "merge-key": "A merge key (`<<`) stands here.",
    "alias": "An anchor or alias (`&` or `*`) stands here.",
    "tag": "A tag (`!`) stands here.",
    # Entries
    "not-a-workflow": "The file has no named entries.",
    "missing-key": "An entry lacks something it needs.",
    "unknown-key": "An entry says something that is not known.",
    "wrong-type": "A value is not of the kind that is needed.",
    # Names
    "bad-name": "The name is not one that can be typed.",
    "reserved-name": "The name means something already.",
    "clashing-name": "A stage and a step have the same name.",
    "same-label": "Two things have the same label.",
    "unknown-stage": "A stage is named that the route does not have.",
    "unknown-fact": "A fact is named that the route does not declare.",
    "unknown-department": "A department is named that the route does not declare.",
    "unknown-role": "A role is named that the route does not declare.",
    "unknown-right": "There is no such right.",
    "unknown-alert": "There is no such alert.",
    "unknown-holder": "There is no such holder.",
    "unknown-guard": "There is no such guard.",
    "unknown-letter": "There is no such letter.",
    "unknown-library": "There is no such library.",
    "unknown-clock": "A clock is named that the route does not declare.",
    "unknown-paper": "A lease paper is named that the route does not declare.",
    "unknown-particular": "A lease paper says nothing of the kind.",
    "unknown-choice": "A choice is named that the fact does not have.",
    "unknown-workflow": "There is no such route.",
    "unknown-trigger": "A step is named that does not exist.",
    "unknown-calendar": "There are no such bank holidays.",
    # Facts and requirements
    "bad-parameter": "A guard is not given what it takes.",
    "wrong-fact-type": "A fact is not of the type that is needed.",
    "library-fact": "A fact has a library without the type, or the type without a library.",
    "choice-fact": "A fact has choices without the type, or the type without choices.",
    "fact-never-given": "A fact can never be given.",
    "no-criteria": "Scores are asked for where there are no criteria.",
    "weights": "The weights of the criteria do not sum to 100.",
    # Ways through the route
    "starts-at-an-end": "A case would begin in an end.",
    "unreachable": "No way leads to a stage.",
    "no-end": "No stage is an end.",
    "trap": "No way leads from a stage to an end.",
    "leaves-an-end": "A step leaves from an end.",
    "no-source": "A step leaves from no stage.",
    # Time
    "bad-duration": "The period cannot be counted.",
    "no-target": "An open stage has no target.",
    "timed-end": "Something is due in an end.",
    "targets-too-long": "The targets together reach the stall limit.",
    "ladder-order": "A level of the ladder does not come later than the one before it.",
    "due-fact-not-given": "A stage is due on a date that nobody is asked for.",
    "holder-never-has-it": "A step waits for a holder who never has the case.",
    "alert-time": "An alert lacks its time, or has one too many.",
    "clock-shape": "A clock does not say how it runs, or says it twice.",
    "clock-never-starts": "A clock can never start, or never where it is told.",
    "clock-chain": "A clock waits for a clock that waits itself.",
    "clock-tells-nobody": "Nobody would hear of a clock.",
    "no-pauses": "A step speaks of pauses in a route that has none.",
    "pause-shape": "A pause is not one in which the group is asked for what is missing.",
    "never-resumed": "A case can be paused where no step resumes it.",
    "paper-order": "A lease paper is held against one that is not declared before it.",
    "task-shape": "A level of the ladder calls for nothing, or for what nothing shows as done.",
    "limit-shape": "A limit is told to nobody, or says twice what must be left before it.",
    # Routes that go together
    "parts-disagree": "A part and the route above it do not name each other.",
    "continues-as-part": "A case would go on in a route whose cases are parts.",
    "no-parts": "Parts are spoken of in a route that has none.",
    "part-lacks-step": "A part is told to take a step that it cannot take there.",
    # People
    "right-of-nobody": "Nobody has a right.",
    "nobody-may-fire": "Nobody may take a step.",
    "signoff-of-nobody": "A sign-off is asked for that nobody can give.",
    "department-asked-twice": "A department is asked twice for one step.",
    "tells-nobody": "An alert or a level of the ladder reaches nobody.",
    # Letters
    "letter-needs-unknown-fact": "A letter needs a fact that the route does not declare.",
    "letter-lacks-value": "A letter says something that is not there when it is sent.",
    "letter-never-sent": "A step waits for a letter that the route never sends.",
    "letter-sent-elsewhere": "A step waits for a letter that cannot have been sent by then.",
    # All together
    "too-many-problems": "The route has over 500 problems.",
}

# What only a file of scenarios can have; with all else it has the codes above.
SCENARIO_TITLES: Mapping[str, str] = {
    # The file
    "not-a-scenario": "The file has no named entries.",
    # Steps and days
    "bad-day": "The day is none.",
    "days-out-of-order": "A step lies before the one above it.",
    "two-steps": "A step does two things.",
    "no-step": "A step does nothing and expects nothing.",
    "nothing-continues": "A step opens no case that goes on.",
    # Names
    "unknown-transition": "The route has no such step.",
    "unknown-person": "There is nobody of this name.",
    "unknown-case": "No case of this name was opened.",
    "unknown-end": "The route has no such end.",
    "unknown-objection": "The route has no such category of objection.",
    "unknown-refusal": "The route declares no such refusal.",
}
