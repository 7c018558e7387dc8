"""Many people at once on the deployed portal: who browses, who uploads more than the workers manage, who reads."""
