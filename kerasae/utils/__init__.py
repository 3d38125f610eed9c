"""What every room may use: errors, the console, processes, TensorFlow's start, formatted values."""
