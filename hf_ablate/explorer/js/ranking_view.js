function drawRanking(study, state, section) {}
