function drawFront(study, state, section) {}
