function drawPrediction(study, state, section) {}
