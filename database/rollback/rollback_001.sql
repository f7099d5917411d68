-- Takes back 001_analytics_and_workflows.sql, with all rows in its tables.

DROP TABLE public.mobile_notifications;
DROP TABLE public.audit_logs;
DROP TABLE public.system_configurations;
DROP TABLE public.constitutional_compliance;
DROP TABLE public.ml_experiments;
DROP TABLE public.approval_actions;
DROP TABLE public.approval_stages;
DROP TABLE public.approval_workflows;
DROP TABLE public.analytics_metrics;
DROP FUNCTION public.update_updated_at_column();
