"""What a study costs before it is submitted: jobs, images to pass, hours, storage."""
