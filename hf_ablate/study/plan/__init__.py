"""What a run of a study will do, stage by stage: each is planned from what the stage before it will have changed."""
