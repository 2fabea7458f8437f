function drawCopy(study, state, section) {}
