"""Mixture → merged model: in memory for sweeps, through mergekit for releases. One definition, proved equal."""
