"""What a finished model is worth, in numbers: one idea a file, put together by `kerasae.tasks.joint_evaluation`."""
