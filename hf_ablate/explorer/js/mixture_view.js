function drawMixture(study, state, section) {}
