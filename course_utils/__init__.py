from course_utils.restart import advise_after_restart

advise_after_restart()
