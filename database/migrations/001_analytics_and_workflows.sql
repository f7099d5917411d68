-- phase: expand
-- The tables of analytics, approval workflows and compliance (facts.md 2.5).

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger
LANGUAGE plpgsql
SET search_path = ''
AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

CREATE TABLE public.analytics_metrics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    metric_name text NOT NULL,
    metric_type text NOT NULL DEFAULT 'gauge' CHECK (metric_type IN ('gauge', 'counter', 'histogram')),
    value double precision NOT NULL,
    labels jsonb NOT NULL DEFAULT '{}',
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_analytics_metrics_name_recorded_at ON public.analytics_metrics (metric_name, recorded_at DESC);
CREATE INDEX idx_analytics_metrics_tenant_recorded_at ON public.analytics_metrics (tenant_id, recorded_at DESC);
CREATE INDEX idx_analytics_metrics_recorded_at ON public.analytics_metrics (recorded_at);
CREATE INDEX idx_analytics_metrics_labels ON public.analytics_metrics USING gin (labels);

CREATE TABLE public.approval_workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    workflow_type text NOT NULL,
    title text NOT NULL,
    description text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('draft', 'pending', 'approved', 'rejected', 'cancelled', 'expired')),
    priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    created_by text NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}',
    due_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_approval_workflows_status_tenant ON public.approval_workflows (status, tenant_id);
CREATE INDEX idx_approval_workflows_tenant_created_at ON public.approval_workflows (tenant_id, created_at DESC);
CREATE INDEX idx_approval_workflows_created_by ON public.approval_workflows (created_by);
CREATE INDEX idx_approval_workflows_type ON public.approval_workflows (workflow_type);
CREATE INDEX idx_approval_workflows_due_at ON public.approval_workflows (due_at) WHERE status = 'pending';
CREATE INDEX idx_approval_workflows_payload ON public.approval_workflows USING gin (payload);
CREATE TRIGGER update_approval_workflows_updated_at BEFORE UPDATE ON public.approval_workflows
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TABLE public.approval_stages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL REFERENCES public.approval_workflows (id) ON DELETE CASCADE,
    position bigint NOT NULL CHECK (position >= 0),
    name text NOT NULL,
    approver_role text NOT NULL,
    required_approvals bigint NOT NULL DEFAULT 1 CHECK (required_approvals > 0),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'active', 'approved', 'rejected', 'skipped')),
    started_at timestamptz,
    completed_at timestamptz,
    UNIQUE (workflow_id, position)
);
CREATE INDEX idx_approval_stages_workflow ON public.approval_stages (workflow_id);
CREATE INDEX idx_approval_stages_status ON public.approval_stages (status);
CREATE INDEX idx_approval_stages_approver_role ON public.approval_stages (approver_role) WHERE status = 'active';

CREATE TABLE public.approval_actions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL REFERENCES public.approval_workflows (id) ON DELETE CASCADE,
    stage_id uuid REFERENCES public.approval_stages (id) ON DELETE CASCADE,
    actor_id text NOT NULL,
    action text NOT NULL CHECK (action IN ('approve', 'reject', 'comment', 'delegate', 'escalate', 'cancel')),
    comment text NOT NULL DEFAULT '',
    acted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_approval_actions_workflow_acted_at ON public.approval_actions (workflow_id, acted_at);
CREATE INDEX idx_approval_actions_stage ON public.approval_actions (stage_id);
CREATE INDEX idx_approval_actions_actor_acted_at ON public.approval_actions (actor_id, acted_at DESC);
CREATE INDEX idx_approval_actions_action ON public.approval_actions (action);

CREATE TABLE public.ml_experiments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    name text NOT NULL,
    model_name text NOT NULL,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    parameters jsonb NOT NULL DEFAULT '{}',
    metrics jsonb NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);
CREATE INDEX idx_ml_experiments_tenant_started_at ON public.ml_experiments (tenant_id, started_at DESC);
CREATE INDEX idx_ml_experiments_status ON public.ml_experiments (status);
CREATE INDEX idx_ml_experiments_model_name ON public.ml_experiments (model_name);
CREATE INDEX idx_ml_experiments_metrics ON public.ml_experiments USING gin (metrics);

CREATE TABLE public.constitutional_compliance (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    principle text NOT NULL,
    compliant boolean NOT NULL,
    score double precision CHECK (score BETWEEN 0 AND 1),
    violations jsonb NOT NULL DEFAULT '[]',
    checked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_constitutional_compliance_tenant_checked_at
    ON public.constitutional_compliance (tenant_id, checked_at DESC);
CREATE INDEX idx_constitutional_compliance_subject ON public.constitutional_compliance (subject_type, subject_id);
CREATE INDEX idx_constitutional_compliance_principle ON public.constitutional_compliance (principle);
CREATE INDEX idx_constitutional_compliance_violations
    ON public.constitutional_compliance (checked_at) WHERE NOT compliant;

CREATE TABLE public.system_configurations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL DEFAULT '',
    section text NOT NULL,
    name text NOT NULL,
    value jsonb NOT NULL,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, section, name)
);
CREATE INDEX idx_system_configurations_section_name ON public.system_configurations (section, name);
CREATE INDEX idx_system_configurations_active ON public.system_configurations (section) WHERE active;
CREATE INDEX idx_system_configurations_updated_at ON public.system_configurations (updated_at);
CREATE TRIGGER update_system_configurations_updated_at BEFORE UPDATE ON public.system_configurations
    FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

CREATE TABLE public.audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    actor_id text NOT NULL,
    event_type text NOT NULL,
    resource_type text NOT NULL DEFAULT '',
    resource_id text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    source_address inet,
    logged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idx_audit_logs_tenant_logged_at ON public.audit_logs (tenant_id, logged_at DESC);
CREATE INDEX idx_audit_logs_actor_logged_at ON public.audit_logs (actor_id, logged_at DESC);
CREATE INDEX idx_audit_logs_event_type ON public.audit_logs (event_type);
CREATE INDEX idx_audit_logs_resource ON public.audit_logs (resource_type, resource_id);
CREATE INDEX idx_audit_logs_logged_at ON public.audit_logs USING brin (logged_at);

CREATE TABLE public.mobile_notifications (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    workflow_id uuid REFERENCES public.approval_workflows (id) ON DELETE SET NULL,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'delivered', 'failed', 'read')),
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX idx_mobile_notifications_user_created_at ON public.mobile_notifications (user_id, created_at DESC);
CREATE INDEX idx_mobile_notifications_status ON public.mobile_notifications (status) WHERE status = 'queued';
CREATE INDEX idx_mobile_notifications_workflow ON public.mobile_notifications (workflow_id);
