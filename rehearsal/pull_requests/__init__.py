"""What a pull request says about itself: previews of all stacks as one comment, drift as one issue."""
