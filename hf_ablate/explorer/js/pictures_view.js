function drawPictures(study, state, section) {}
