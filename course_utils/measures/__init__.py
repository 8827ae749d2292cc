"""The rulers of the course."""

from course_utils.measures.alarms import (
    alarm_cost,
    alarm_rates,
    best_f1_threshold,
    dagmm_f1,
    detection,
)
from course_utils.measures.clinic import treat, ward
from course_utils.measures.codes import (
    active_units,
    distance_to_world,
    factor_r2,
    group_silhouette,
    linear_probe,
    mutual_information,
    neighbour_accuracy,
    shape_of,
)
from course_utils.measures.disentanglement import (
    dci,
    mig_at_prices,
    mutual_information_gap,
)
from course_utils.measures.few_labels import (
    draw_labelled,
    few_labels_contest,
    paired_leads,
)
from course_utils.measures.fine_tuning import fine_tune, fine_tuned
from course_utils.measures.images import mse, psnr, ssim
from course_utils.measures.judge import accepted, recognised, train_judge
from course_utils.measures.linear import linear_vae_nats
from course_utils.measures.meaning import (
    analogy_places,
    counted_neighbours,
    distance_moved,
    linear_accuracy,
    nearest_words,
    subject_search,
    winners,
    words_named,
)
from course_utils.measures.memory import signs_copied, step_milliseconds
from course_utils.measures.planted import answer_questions, planted_questions
from course_utils.measures.samples import (
    anonymous,
    ball_radii,
    class_variety,
    detour,
    lettered,
    sample_quality,
    share_in_holes,
)
from course_utils.measures.sentences import (
    WordPairs,
    code_use,
    known_runs,
    packed_bits,
    scramble,
    swap_costs,
    word_counts,
)
from course_utils.measures.subspaces import subspace_angle

__all__ = [
    "WordPairs",
    "accepted",
    "active_units",
    "alarm_cost",
    "alarm_rates",
    "analogy_places",
    "anonymous",
    "answer_questions",
    "ball_radii",
    "best_f1_threshold",
    "class_variety",
    "code_use",
    "counted_neighbours",
    "dagmm_f1",
    "dci",
    "detection",
    "detour",
    "distance_moved",
    "distance_to_world",
    "draw_labelled",
    "factor_r2",
    "few_labels_contest",
    "fine_tune",
    "fine_tuned",
    "group_silhouette",
    "known_runs",
    "lettered",
    "linear_accuracy",
    "linear_probe",
    "linear_vae_nats",
    "mig_at_prices",
    "mse",
    "mutual_information",
    "mutual_information_gap",
    "nearest_words",
    "neighbour_accuracy",
    "packed_bits",
    "paired_leads",
    "planted_questions",
    "psnr",
    "recognised",
    "sample_quality",
    "scramble",
    "shape_of",
    "share_in_holes",
    "signs_copied",
    "ssim",
    "step_milliseconds",
    "subject_search",
    "subspace_angle",
    "swap_costs",
    "train_judge",
    "treat",
    "ward",
    "winners",
    "word_counts",
    "words_named",
]
