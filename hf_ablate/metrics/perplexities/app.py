"""The Space of the metric."""

if __name__ == "__main__":
    import evaluate
    from evaluate.utils import launch_gradio_widget

    launch_gradio_widget(evaluate.load("perplexities"))
