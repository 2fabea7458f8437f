function drawTarget(study, state, section) {}
